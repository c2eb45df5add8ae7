using System.Globalization;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Spec.Serialization;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>A class by its assembly (empty for the author's own project) and its full name.</summary>
internal readonly record struct ClassKey(string Assembly, string TypeName)
{
    /// <summary>The class that this one uses or extends.</summary>
    public ClassKey Of(BlockUse use) => new(use.Assembly ?? Assembly, use.BlockType);
}

/// <summary>The classes that the project's references describe.</summary>
internal sealed class ForeignBlocks
{
    private readonly Dictionary<ClassKey, ReferencedBlock> _blocks = [];

    public ForeignBlocks(IEnumerable<ReferencedAssembly> assemblies)
    {
        foreach (var assembly in assemblies)
        {
            foreach (var block in assembly.Blocks)
            {
                var key = new ClassKey(assembly.Name, block.TypeName);
                if (!_blocks.ContainsKey(key))
                    _blocks.Add(key, block);
            }
        }
    }

    public ClassSpec? Find(ClassKey key) => _blocks.TryGetValue(key, out var block) ? block.Spec : null;

    /// <summary>A class and every class that it uses, directly or not, in breadth-first order. Contains classes without a description, too.</summary>
    public IReadOnlyList<ClassKey> Closure(ClassKey key)
    {
        var (seen, order) = (new HashSet<ClassKey> { key }, new List<ClassKey> { key });
        for (var i = 0; i < order.Count; i++)
        {
            foreach (var use in Find(order[i])?.Uses() ?? [])
            {
                if (seen.Add(order[i].Of(use)))
                    order.Add(order[i].Of(use));
            }
        }

        return order;
    }

    /// <summary>Missing and unreadable descriptions of the referenced classes that a class uses or extends, at the places that name them.</summary>
    public static EquatableArray<ClassDiagnostic> Check(ClassReading reading, IEnumerable<ReferencedAssembly> assemblies)
    {
        if (reading.Spec.Uses().All(static use => use.Assembly is null))
            return EquatableArray<ClassDiagnostic>.Empty;
        var blocks = new ForeignBlocks(assemblies);
        var self = new ClassKey("", reading.Spec.TypeName);
        return reading.Spec.Uses()
            .Where(static use => use.Assembly is not null)
            .SelectMany(use => blocks.Closure(self.Of(use)).Select(key => blocks.Check(key, use, reading.Spec.Name)))
            .OfType<ModelDiagnostic>()
            .Select(diagnostic => new ClassDiagnostic(reading.Spec.TypeName, diagnostic))
            .ToEquatableArray();
    }

    private ModelDiagnostic? Check(ClassKey key, BlockUse use, string user)
    {
        if (!_blocks.TryGetValue(key, out var block))
            return new ModelDiagnostic(Descriptors.ForeignBlock.Id, use.Id, EquatableArray.Of(use.Name, user, key.TypeName, key.Assembly));
        if (block.Spec is not null)
            return null;
        return new ModelDiagnostic(
            Descriptors.UnreadableBlock.Id,
            use.Id,
            EquatableArray.Of(use.Name, user, key.TypeName, key.Assembly, WhyUnreadable(block, key)));
    }

    private static string WhyUnreadable(ReferencedBlock block, ClassKey key)
    {
        var version = block.Version.ToString(CultureInfo.InvariantCulture);
        if (block.Damage is not null)
            return $"(format {version}) is damaged: {block.Damage}. Build or restore '{key.Assembly}' again";
        return block.Version > SpecFormat.Version
            ? $"has format {version}, but this generator reads only up to {SpecFormat.Version.ToString(CultureInfo.InvariantCulture)}. "
                + "Update the package Cambium in this project"
            : $"has format {version}, but this generator reads only from {SpecFormat.OldestVersion.ToString(CultureInfo.InvariantCulture)}. "
                + $"Update the package that contains '{key.Assembly}'";
    }
}
