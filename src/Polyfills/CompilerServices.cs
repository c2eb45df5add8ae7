// The C# compiler requires these types for newer language features, and .NET Standard 2.0 does not have them. They are internal to each assembly that
// compiles this file. The file is not generated, because a generator with an unstable order would make builds differ.
namespace System.Runtime.CompilerServices;

/// <summary>Setters that only an initializer may call.</summary>
internal static class IsExternalInit;

/// <summary>Marks types and members with <c>required</c>.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Field | AttributeTargets.Property)]
internal sealed class RequiredMemberAttribute : Attribute;

/// <summary>Prevents older compilers from using members whose language feature they do not support.</summary>
[AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
internal sealed class CompilerFeatureRequiredAttribute(string featureName) : Attribute
{
    public string FeatureName { get; } = featureName;
}
