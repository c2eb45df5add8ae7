using System.Globalization;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Spec.Serialization;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>A class by its assembly, which is empty for the author's own project, and its full name.</summary>
internal readonly record struct ClassKey(string Assembly, string TypeName)
{
    /// <summary>The class of a child of this class.</summary>
    public ClassKey Of(ChildSpec child) => new(child.Assembly ?? Assembly, child.BlockType);
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
            foreach (var child in Find(order[i])?.Children ?? EquatableArray<ChildSpec>.Empty)
            {
                if (seen.Add(order[i].Of(child)))
                    order.Add(order[i].Of(child));
            }
        }

        return order;
    }

    /// <summary>What is wrong with the blocks of other assemblies that a class has, at the properties that it has them by.</summary>
    public static EquatableArray<ClassMistake> Mistakes(ClassReading reading, IEnumerable<ReferencedAssembly> assemblies)
    {
        if (reading.Spec.Children.All(static child => child.Assembly is null))
            return EquatableArray<ClassMistake>.Empty;
        var blocks = new ForeignBlocks(assemblies);
        var self = new ClassKey("", reading.Spec.TypeName);
        return reading.Spec.Children
            .Where(static child => child.Assembly is not null)
            .SelectMany(child => blocks.Closure(self.Of(child)).Select(key => blocks.WhyNot(key, child, reading.Spec.Name)))
            .OfType<Mistake>()
            .Select(mistake => new ClassMistake(reading.Spec.TypeName, mistake))
            .ToEquatableArray();
    }

    private Mistake? WhyNot(ClassKey key, ChildSpec child, string user)
    {
        if (!_blocks.TryGetValue(key, out var block))
            return new Mistake(Descriptors.ForeignBlock.Id, child.Id, EquatableArray.Of(child.Name, user, key.TypeName, key.Assembly));
        if (block.Spec is not null)
            return null;
        var version = block.Version.ToString(CultureInfo.InvariantCulture);
        var why = block.Damage is not null ? $"(format {version}) is damaged: {block.Damage}. Build or restore '{key.Assembly}' again"
            : block.Version > SpecFormat.Version ? $"has format {version}, and this generator reads up to {SpecFormat.Version.ToString(CultureInfo.InvariantCulture)}. Update the package Cambium in this project"
            : $"has format {version}, and this generator reads from {SpecFormat.OldestVersion.ToString(CultureInfo.InvariantCulture)}. Update the package that brings '{key.Assembly}'";
        return new Mistake(Descriptors.UnreadableBlock.Id, child.Id, EquatableArray.Of(child.Name, user, key.TypeName, key.Assembly, why));
    }
}
