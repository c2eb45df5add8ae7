using Cambium.Compiler.Collections;
using Cambium.Compiler.Lowering;
using Cambium.Compiler;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>Joins a class with the classes that it extends.</summary>
internal static class BaseClasses
{
    /// <param name="find">The description of a class; null ends the chain of base classes.</param>
    /// <param name="nameOf">The name of a class in the joined model.</param>
    public static ClassSpec? Join(ClassKey key, Func<ClassKey, ClassSpec?> find, Func<ClassKey, string> nameOf) => Join(key, find, nameOf, []);

    /// <summary>The diagnostics that need only the source of a class and of the classes that it extends.</summary>
    /// <param name="find">The description of a class that it extends; null if there is none.</param>
    public static EquatableArray<ClassDiagnostic> Check(ClassReading reading, Func<ClassKey, ClassSpec?> find)
    {
        var self = new ClassKey("", reading.Spec.TypeName);
        var joined = Join(
            self,
            key => key == self ? reading.Spec : find(key),
            static key => key.Assembly.Length == 0 ? key.TypeName : $"{key.TypeName} of {key.Assembly}");
        return reading.Diagnostics.Select(diagnostic => new ClassDiagnostic(reading.Spec.TypeName, diagnostic))
            .Concat(ClassDiagnostic.Of(DeclarationChecks.Run(joined!)).Where(found => !reading.Unreadable.Contains(found.Diagnostic.Id)))
            .ToEquatableArray();
    }

    // A forged description can contain a cycle or a long chain.
    private static ClassSpec? Join(ClassKey key, Func<ClassKey, ClassSpec?> find, Func<ClassKey, string> nameOf, HashSet<ClassKey> seen)
    {
        if (!seen.Add(key) || seen.Count > CompilerLimits.Bases + 1 || find(key) is not { } spec)
            return null;
        return spec with
        {
            TypeName = nameOf(key),
            Children = spec.Children.Select(child => child with { Assembly = null, BlockType = nameOf(key.Of(child.Use)) }).ToEquatableArray(),
            Base = spec.Base is not { } extended
                ? null
                : new BaseSpec(nameOf(key.Of(extended.Use)), null) { Spec = Join(key.Of(extended.Use), find, nameOf, seen) },
        };
    }
}
