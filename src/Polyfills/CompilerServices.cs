// By these the C# compiler knows newer parts of the language; .NET Standard 2.0 does not have them. They are internal to each assembly that compiles
// this file, and in the order of this file: a generator of such types that chose an order of its own would make two builds differ.
namespace System.Runtime.CompilerServices;

/// <summary>Setters that only an initializer may call.</summary>
internal static class IsExternalInit;

/// <summary>Marks types and members with <c>required</c>.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Field | AttributeTargets.Property)]
internal sealed class RequiredMemberAttribute : Attribute;

/// <summary>Keeps older compilers from what they would misunderstand.</summary>
[AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
internal sealed class CompilerFeatureRequiredAttribute(string featureName) : Attribute
{
    public string FeatureName { get; } = featureName;
}
