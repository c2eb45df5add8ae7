using System.Reflection.Metadata;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Spec.Serialization;
using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Reading;

/// <summary>An assembly that describes blocks.</summary>
internal sealed record ReferencedAssembly(string Name, EquatableArray<ReferencedBlock> Blocks);

/// <summary>A block that an assembly describes.</summary>
/// <param name="Spec">Null if this generator cannot read the description.</param>
/// <param name="Damage">The reason, if the generator knows the format's version.</param>
internal sealed record ReferencedBlock(string TypeName, int Version, ClassSpec? Spec, string? Damage);

/// <summary>
/// Reads the classes that a reference describes. It does not use the project's compilation, so that the result is cached as long as the
/// reference does not change.
/// </summary>
internal static class ReferenceReader
{
    private const string Attribute = "BlockSpecAttribute";

    /// <summary>Null for an assembly without descriptions and for a file that is not an assembly, which C# reports.</summary>
    public static ReferencedAssembly? Read(MetadataReference reference, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return reference switch
        {
            // Another project of the solution, in an editor.
            CompilationReference project => Assembly(
                project.Compilation.Assembly.Name,
                project.Compilation.Assembly.GetAttributes()
                    .Where(static data => Known.Is(data.AttributeClass, Attribute) && data.ConstructorArguments.Length == 3)
                    .Select(static data => data.ConstructorArguments)
                    .Select(static values => (values[0].Value as string, values[1].Value as int? ?? 0, values[2].Value as string))),
            PortableExecutableReference file => File(file),
            _ => null,
        };
    }

    private static ReferencedAssembly? File(PortableExecutableReference file)
    {
        try
        {
            if (file.GetMetadata() is not AssemblyMetadata assembly || assembly.GetModules() is not [var module, ..])
                return null;
            var reader = module.GetMetadataReader();
            var definition = reader.GetAssemblyDefinition();
            return Assembly(reader.GetString(definition.Name), Attributes(reader, definition));
        }
        catch (Exception failure) when (failure is BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<(string?, int, string?)> Attributes(MetadataReader reader, AssemblyDefinition assembly)
    {
        foreach (var handle in assembly.GetCustomAttributes())
        {
            var attribute = reader.GetCustomAttribute(handle);
            if (!IsOurs(reader, attribute))
                continue;
            var value = reader.GetBlobReader(attribute.Value);

            // A prolog, then the constructor's arguments: string, int, string.
            if (value.ReadUInt16() == 1)
                yield return (value.ReadSerializedString(), value.ReadInt32(), value.ReadSerializedString());
        }
    }

    private static bool IsOurs(MetadataReader reader, CustomAttribute attribute)
    {
        // The attribute's class is in Cambium's assembly, so its constructor is a member reference.
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
            return false;
        var parent = reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        if (parent.Kind != HandleKind.TypeReference)
            return false;
        var type = reader.GetTypeReference((TypeReferenceHandle)parent);
        return reader.StringComparer.Equals(type.Name, Attribute) && reader.StringComparer.Equals(type.Namespace, Known.Namespace);
    }

    private static ReferencedAssembly? Assembly(string name, IEnumerable<(string? TypeName, int Version, string? Text)> attributes)
    {
        var blocks = attributes.Where(static attribute => attribute.TypeName is not null)
            .Select(static attribute => Block(attribute.TypeName!, attribute.Version, attribute.Text ?? ""))
            .ToEquatableArray();
        return blocks.Count == 0 ? null : new ReferencedAssembly(name, blocks);
    }

    private static ReferencedBlock Block(string typeName, int version, string text)
    {
        if (version is < SpecFormat.OldestVersion or > SpecFormat.Version)
            return new ReferencedBlock(typeName, version, null, null);
        try
        {
            var spec = SpecFormat.Read(text);
            return spec.TypeName == typeName
                ? new ReferencedBlock(typeName, version, spec, null)
                : new ReferencedBlock(typeName, version, null, $"it describes '{spec.TypeName}'");
        }
        catch (FormatException damage)
        {
            return new ReferencedBlock(typeName, version, null, damage.Message);
        }
    }
}
