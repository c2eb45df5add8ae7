using Cambium.Compiler.Spec;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>A model with the blocks that it reaches: all that its program depends on.</summary>
/// <param name="Surface">For the stand-in of the program; null where the class takes none.</param>
/// <param name="HasMistakes">One of the classes has some that the front end met, or text that it could not read because C# cannot.</param>
/// <param name="Unreadable">What the compiler must not report again.</param>
internal sealed record LinkedModel(ModelSpec Spec, SurfaceSpec? Surface, bool HasMistakes, EquatableArray<UnreadableId> Unreadable)
{
    /// <param name="blocks">Every block of the project.</param>
    public static LinkedModel Link(ClassReading model, IEnumerable<ClassReading> blocks)
    {
        var byName = blocks.GroupBy(static block => block.Spec.TypeName, StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.First(), StringComparer.Ordinal);
        var reached = new SortedDictionary<string, ClassReading>(StringComparer.Ordinal);
        var pending = new Stack<ClassReading>([model]);
        while (pending.Count > 0)
        {
            foreach (var child in pending.Pop().Spec.Children)
            {
                if (!reached.ContainsKey(child.BlockType) && byName.TryGetValue(child.BlockType, out var block))
                {
                    reached.Add(child.BlockType, block);
                    pending.Push(block);
                }
            }
        }

        var all = reached.Values.Prepend(model).ToList();
        return new LinkedModel(
            new ModelSpec(model.Namespace, model.Accessibility, model.Architectures, model.Spec, reached.Values.Select(static block => block.Spec).ToEquatableArray()),
            model.CanBeModel ? model.Surface : null,
            all.Any(static reading => reading.Mistakes.Count + reading.Unreadable.Count > 0),
            all.SelectMany(static reading => reading.Unreadable.Concat(reading.Mistakes.Select(static mistake => mistake.Id)).Select(id => new UnreadableId(reading.Spec.TypeName, id))).ToEquatableArray());
    }
}

/// <summary>An expression or declaration whose mistake is reported already.</summary>
internal sealed record UnreadableId(string TypeName, int Id);
