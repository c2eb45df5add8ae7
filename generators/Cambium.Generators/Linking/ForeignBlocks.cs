using System.Globalization;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Spec.Serialization;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>A class by its assembly, which is empty for the author's own project, and its full name.</summary>
internal readonly record struct ClassKey(string Assembly, string TypeName)
{
    /// <summary>The block that this class has or extends.</summary>
    public ClassKey Of(BlockUse use) => new(use.Assembly ?? Assembly, use.BlockType);
}

/// <summary>The blocks that the project's references describe.</summary>
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

    /// <summary>The class and every block below it, in the order in which they are met; described or not.</summary>
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

    /// <summary>What is wrong with the blocks of other assemblies that a class has or extends, at the places where it names them.</summary>
    public static EquatableArray<ClassMistake> Mistakes(ClassReading reading, IEnumerable<ReferencedAssembly> assemblies)
    {
        if (reading.Spec.Uses().All(static use => use.Assembly is null))
            return EquatableArray<ClassMistake>.Empty;
        var blocks = new ForeignBlocks(assemblies);
        var self = new ClassKey("", reading.Spec.TypeName);
        return reading.Spec.Uses()
            .Where(static use => use.Assembly is not null)
            .SelectMany(use => blocks.Closure(self.Of(use)).Select(key => blocks.WhyNot(key, use, reading.Spec.Name)))
            .OfType<Mistake>()
            .Select(mistake => new ClassMistake(reading.Spec.TypeName, mistake))
            .ToEquatableArray();
    }

    private Mistake? WhyNot(ClassKey key, BlockUse use, string user)
    {
        if (!_blocks.TryGetValue(key, out var block))
            return new Mistake(Descriptors.ForeignBlock.Id, use.Id, EquatableArray.Of(use.Name, user, key.TypeName, key.Assembly));
        if (block.Spec is not null)
            return null;
        var version = block.Version.ToString(CultureInfo.InvariantCulture);
        var why = block.Damage is not null ? $"(format {version}) is damaged: {block.Damage}. Build or restore '{key.Assembly}' again"
            : block.Version > SpecFormat.Version ? $"has format {version}, and this generator reads up to {SpecFormat.Version.ToString(CultureInfo.InvariantCulture)}. Update the package Cambium in this project"
            : $"has format {version}, and this generator reads from {SpecFormat.OldestVersion.ToString(CultureInfo.InvariantCulture)}. Update the package that brings '{key.Assembly}'";
        return new Mistake(Descriptors.UnreadableBlock.Id, use.Id, EquatableArray.Of(use.Name, user, key.TypeName, key.Assembly, why));
    }
}
