using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>A model with the blocks that it uses: every input of its program.</summary>
/// <param name="Surface">Input of the stand-in for a program; null if the class's form does not allow one.</param>
/// <param name="HasErrors">One of the classes has errors of the front end, contains source that C# rejects, or is missing.</param>
/// <param name="Unreadable">Ids with reported errors, at which the compiler reports none.</param>
/// <param name="Foreign">Classes of other assemblies, and the places where the project's classes name them.</param>
internal sealed record LinkedModel(
    ModelSpec Spec,
    SurfaceSpec? Surface,
    bool HasErrors,
    EquatableArray<UnreadableId> Unreadable,
    EquatableArray<ForeignClass> Foreign)
{
    public static LinkedModel Link(ClassReading model, ProjectInput project)
    {
        var known = new ProjectBlocks(project.Blocks, project.References);
        var root = new ClassKey("", model.Spec.TypeName);
        var reached = new Dictionary<ClassKey, ClassSpec> { [root] = model.Spec };
        var readings = new List<ClassReading>();
        var missing = new List<(ClassKey Class, int Id)>();
        var pending = new Stack<ClassKey>([root]);
        while (pending.Count > 0)
        {
            var key = pending.Pop();
            foreach (var use in reached[key].Uses())
            {
                var block = key.Of(use);
                if (reached.ContainsKey(block))
                    continue;
                if (known.Own(block) is { } reading)
                    readings.Add(reading);
                if (known.Find(block) is { } spec)
                {
                    reached.Add(block, spec);
                    pending.Push(block);
                }
                else if (block.Assembly.Length > 0)
                {
                    missing.Add((key, use.Id));
                }
            }
        }

        readings = [model, .. readings.OrderBy(static reading => reading.Spec.TypeName, StringComparer.Ordinal)];
        var names = Names(reached.Keys);

        // Joined classes have no assembly names: a block gives the same program whether it comes from the project or from a reference.
        ClassSpec Joined(ClassKey key) => BaseClasses.Join(
            key,
            other => reached.TryGetValue(other, out var spec) ? spec : null,
            other => names.TryGetValue(other, out var name) ? name : other.TypeName)!;
        var specs = reached.Keys.Where(key => key != root).Select(Joined).OrderBy(static spec => spec.TypeName, StringComparer.Ordinal);
        return new LinkedModel(
            new ModelSpec(
                model.Namespace,
                model.Accessibility,
                model.Architectures,
                Joined(root),
                specs.ToEquatableArray())
            {
                Entries = model.Entries,
            },
            model.CanBeModel ? model.Surface : null,
            missing.Count > 0 || readings.Any(static reading => reading.HasErrors),
            readings.SelectMany(Reported)
                .Concat(missing.Select(place => new UnreadableId(names[place.Class], place.Id))
                    .OrderBy(static id => id.TypeName, StringComparer.Ordinal).ThenBy(static id => id.Id))
                .ToEquatableArray(),
            Uses(readings, known.Foreign, names));
    }

    private static IEnumerable<UnreadableId> Reported(ClassReading reading) =>
        reading.Unreadable.Concat(reading.Diagnostics.Select(static found => found.Id)).Select(id => new UnreadableId(reading.Spec.TypeName, id));

    /// <summary>The name of each class in the model. If two assemblies have classes of one name, the assembly is part of the second's name.</summary>
    private static Dictionary<ClassKey, string> Names(IEnumerable<ClassKey> keys)
    {
        var (names, taken) = (new Dictionary<ClassKey, string>(), new HashSet<string>(StringComparer.Ordinal));
        var ordered = keys.OrderBy(static key => key.Assembly, StringComparer.Ordinal).ThenBy(static key => key.TypeName, StringComparer.Ordinal);
        foreach (var key in ordered)
        {
            var name = taken.Add(key.TypeName) ? key.TypeName : $"{key.TypeName} of {key.Assembly}";
            taken.Add(name);
            names.Add(key, name);
        }

        return names;
    }

    private static EquatableArray<ForeignClass> Uses(IEnumerable<ClassReading> readings, ForeignBlocks foreign, Dictionary<ClassKey, string> names)
    {
        var uses = new Dictionary<ClassKey, List<UnreadableId>>();
        foreach (var reading in readings)
        {
            foreach (var use in reading.Spec.Uses().Where(static use => use.Assembly is not null))
            {
                foreach (var key in foreign.Closure(new ClassKey("", reading.Spec.TypeName).Of(use)))
                {
                    if (!uses.TryGetValue(key, out var places))
                        uses.Add(key, places = []);
                    places.Add(new UnreadableId(reading.Spec.TypeName, use.Id));
                }
            }
        }

        return uses
            .Where(use => names.ContainsKey(use.Key))
            .Select(use => new ForeignClass(names[use.Key], use.Key.TypeName, use.Key.Assembly, use.Value.ToEquatableArray()))
            .OrderBy(static type => type.TypeName, StringComparer.Ordinal)
            .ToEquatableArray();
    }
}

/// <summary>An expression or declaration with an error that is reported already.</summary>
internal sealed record UnreadableId(string TypeName, int Id);

/// <summary>A class of another assembly in a model.</summary>
/// <param name="TypeName">Its name in the model.</param>
/// <param name="Name">Its name in its assembly.</param>
/// <param name="Uses">The places in the project that lead to it: properties, and classes that extend a class of the assembly.</param>
internal sealed record ForeignClass(string TypeName, string Name, string Assembly, EquatableArray<UnreadableId> Uses);
