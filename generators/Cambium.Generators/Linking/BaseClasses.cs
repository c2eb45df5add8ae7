using Cambium.Compiler;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>Joins a class with the blocks that it extends.</summary>
internal static class BaseClasses
{
    /// <param name="find">The description of a class; null where there is none, and the lineage ends before it.</param>
    /// <param name="nameOf">The name of a class among those that are joined.</param>
    public static ClassSpec? Join(ClassKey key, Func<ClassKey, ClassSpec?> find, Func<ClassKey, string> nameOf) => Join(key, find, nameOf, []);

    /// <summary>What is wrong with a class's own declarations.</summary>
    public static IEnumerable<ClassMistake> Check(ClassReading reading, Func<ClassKey, ClassSpec?> find)
    {
        var self = new ClassKey("", reading.Spec.TypeName);
        var joined = Join(self, key => key == self ? reading.Spec : find(key), static key => key.Assembly.Length == 0 ? key.TypeName : $"{key.TypeName} of {key.Assembly}");
        return ClassMistake.Of(DeclarationChecks.Run(joined!));
    }

    // A description that somebody forged may lead back to itself.
    private static ClassSpec? Join(ClassKey key, Func<ClassKey, ClassSpec?> find, Func<ClassKey, string> nameOf, HashSet<ClassKey> seen)
    {
        if (!seen.Add(key) || find(key) is not { } spec)
            return null;
        return spec with
        {
            TypeName = nameOf(key),
            Children = spec.Children.Select(child => child with { Assembly = null, BlockType = nameOf(key.Of(child.Use)) }).ToEquatableArray(),
            Base = spec.Base is not { } extended ? null : new BaseSpec(nameOf(key.Of(extended.Use)), null) { Spec = Join(key.Of(extended.Use), find, nameOf, seen) },
        };
    }
}
