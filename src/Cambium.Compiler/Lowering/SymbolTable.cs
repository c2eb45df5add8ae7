using System.Globalization;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>
/// Names of dims, options and weights over the whole program. Declarations of several classes for the same setting are one
/// symbol (a model's and a block's <c>Hidden</c> from <c>hidden_size</c>). Other declarations of the same name get a number.
/// </summary>
internal sealed class SymbolTable(Action<CompilerDiagnostic> report)
{
    private readonly Dictionary<string, string> _keyToName = new(StringComparer.Ordinal);

    // T and S are the rows of a step; the others are members that the classes around the symbols have or inherit. Cpu and CheckpointBinding were
    // aliases of generated code once: names of symbols are part of a program's identity, so they keep their numbers.
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase)
    {
        "T", "S", "Cpu", "CheckpointBinding", "Settings", "Weights", "Read", "ReadFrom", "Dispose",
        "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString",
    };

    private readonly Dictionary<(string Type, string Member), Size> _sizes = [];
    private readonly Dictionary<(string Type, string Member), OptionInfo> _options = [];

    // Dims whose text is not a size; they are reported and have no size.
    private readonly HashSet<(string Type, string Member)> _broken = [];

    public List<DimInfo> Dims { get; } = [];

    public List<OptionInfo> Options { get; } = [];

    public List<WeightInfo> Weights { get; } = [];

    /// <summary>
    /// Declares the dims and options of a class and of its base classes. The order of classes must be fixed: the first one names a symbol.
    /// </summary>
    public void Declare(ClassSpec spec)
    {
        foreach (var type in spec.Lineage().Reverse())
            DeclareOwn(type);
    }

    private void DeclareOwn(ClassSpec spec)
    {
        foreach (var option in spec.Options.Where(IsSize))
            _sizes[(spec.TypeName, option.Name)] = Size.Symbol(DeclareOption(spec, option, option.Default).Name);
        foreach (var dim in spec.Dims)
            DeclareDim(spec, dim, []);
        foreach (var option in spec.Options.Where(static option => !IsSize(option) && option.Kind != OptionKind.Index))
        {
            var text = option.Default;
            if (option.Kind == OptionKind.Rotary)
                text = ParseSize(spec, option.Default ?? "", option.Id)?.ToString();
            DeclareOption(spec, option, text);
        }
    }

    private static bool IsSize(OptionSpec option) => option is { Kind: OptionKind.Int, IsList: false };

    public Size? SizeOf(ClassSpec spec, string member) => Find(_sizes, spec, member);

    public OptionInfo? OptionOf(ClassSpec spec, string member) => Find(_options, spec, member);

    private static T? Find<T>(Dictionary<(string Type, string Member), T> known, ClassSpec spec, string member)
        where T : class => spec.Lineage()
            .Select(type => known.TryGetValue((type.TypeName, member), out var found) ? found : null)
            .FirstOrDefault(static found => found is not null);

    public Size? ParseSize(ClassSpec spec, string text, int id)
    {
        MissingName? missing = null;
        var size = SizeParser.TryParse(text, name => SizeOf(spec, name) ?? Missing(name, ref missing), out var error);
        if (error is not null && (missing is null || !_broken.Contains((spec.TypeName, missing.Name))))
            Report(DiagnosticCodes.BadSize, error, spec, id, missing);
        return size;
    }

    /// <summary>The weight's symbol, one per full path; null after an error.</summary>
    public WeightInfo? DeclareWeight(ClassSpec spec, WeightSpec weight, string prefix)
    {
        var shape = new List<Size>();
        foreach (var part in SizeParser.SplitList(weight.Shape))
        {
            if (ParseSize(spec, part, weight.Id) is not { } size)
                return null;
            if (size.Value < 1)
            {
                Report(DiagnosticCodes.BadSize, $"'{part}' is not the size of an axis: sizes are not inferred, so write a dim or a number above 0",
                    spec, weight.Id);
                return null;
            }

            shape.Add(size);
        }

        if (WeightPath.CountOf(prefix) * WeightPath.CountOf(weight.Path) is var names && names > CompilerLimits.WeightNames)
        {
            Report(
                DiagnosticCodes.TooLarge,
                $"'{weight.Name}' has {Number(names)} names in the checkpoint, from the alternatives of its blocks and its own, and a weight can "
                    + $"have "
                + $"{Number(CompilerLimits.WeightNames)}; remove alternatives (`|`)",
                spec,
                weight.Id);
            return null;
        }

        var path = WeightPath.Join(prefix, weight.Path);
        var key = "weight:" + path;
        if (_keyToName.TryGetValue(key, out var known))
        {
            var first = Weights.First(candidate => candidate.Name == known);
            if (Agree(first.Shape, shape))
                return first;

            // Reported once, at the last declaration, independent of the order of uses.
            var last = spec.Weights.Last(candidate => candidate.Path == weight.Path);
            var (its, others) = last.Id == weight.Id ? (shape.ToEquatableArray(), first.Shape) : (first.Shape, shape.ToEquatableArray());
            Report(
                DiagnosticCodes.Shape,
                $"'{last.Name}' is [{string.Join(", ", its)}], but another weight reads the tensor \"{path}\" as [{string.Join(", ", others)}]",
                spec,
                last.Id);
            return null;
        }

        // After an error in a tie or a condition the shape is still known, so errors in uses of the weight are reported too.
        var tie = TieOf(spec, weight, prefix);
        if (tie is not null && !Agree(tie.Shape, shape))
        {
            Report(
                DiagnosticCodes.Shape,
                $"'{weight.Name}' is [{string.Join(", ", shape)}] but is tied to '{weight.TiedTo}', which is [{string.Join(", ", tie.Shape)}]",
                spec,
                weight.Id);
            return null;
        }

        var when = ConditionOf(spec, weight);
        var tiedWhen = tie is null ? null : weight.TiedWhen;
        var declared = new WeightInfo(NameFor(key, weight.Name), path, shape.ToEquatableArray(), when, tie?.Name, tiedWhen)
        {
            IsTransposed = weight.IsTransposed,
        };
        Weights.Add(declared);
        return declared;
    }

    private static bool Agree(IReadOnlyCollection<Size> a, IReadOnlyCollection<Size> b) =>
        a.Count == b.Count && a.Zip(b, Size.AgreeIfExact).All(static agree => agree);

    /// <summary>The weight that a tied one shares; null for one that is not tied, and after an error.</summary>
    private WeightInfo? TieOf(ClassSpec spec, WeightSpec weight, string prefix)
    {
        if (weight.TiedTo is not { } other)
            return null;
        if (spec.Find(static type => type.Weights, candidate => candidate.Name == other) is not var (owner, target))
        {
            Report(
                DiagnosticCodes.UnknownName,
                $"'{weight.Name}' is tied to '{other}', which is not a weight of '{spec.Name}'",
                spec,
                weight.Id,
                new MissingName(other, MissingRole.Weight));
            return null;
        }

        if (target.TiedTo is not null && FirstOfCircle(spec, weight) is var (type, first))
        {
            Report(
                DiagnosticCodes.BadArgument,
                $"'{first.Name}' is tied to '{first.TiedTo}', which leads back to '{first.Name}'; one of them must have values of its own",
                type,
                first.Id);
            return null;
        }

        if (target.TiedTo is null)
            return DeclareWeight(owner, target, prefix);
        Report(
            DiagnosticCodes.BadArgument,
            $"'{weight.Name}' is tied to '{other}', which is tied to '{target.TiedTo}'; tie it to '{target.TiedTo}' directly",
            spec,
            weight.Id);
        return null;
    }

    /// <summary>The symbol of the bool option that decides whether the weight exists; null for one that always exists.</summary>
    private string? ConditionOf(ClassSpec spec, WeightSpec weight)
    {
        if (weight.When is not { } condition)
            return null;
        if (OptionOf(spec, condition) is { Kind: OptionKind.Bool, IsList: false } option)
            return option.Name;
        Report(
            DiagnosticCodes.UnknownName,
            $"'{condition}' is not a bool option of '{spec.Name}'",
            spec,
            weight.Id,
            new MissingName(condition, MissingRole.BoolOption));
        return null;
    }

    private void Report(string code, string message, ClassSpec spec, int id, MissingName? missing = null) =>
        report(new CompilerDiagnostic(code, message, spec.TypeName, id) { Missing = missing });

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static Size? Missing(string name, ref MissingName? missing)
    {
        missing = new MissingName(name, MissingRole.Dim);
        return null;
    }

    /// <summary>The first declared weight of a cycle of ties, which is reported once; null if there is no cycle.</summary>
    private static (ClassSpec Owner, WeightSpec Weight)? FirstOfCircle(ClassSpec spec, WeightSpec weight)
    {
        var path = new List<(ClassSpec Owner, WeightSpec Weight)>();
        for ((ClassSpec, WeightSpec)? next = (spec, weight);
             next is var (owner, at) && path.Count <= CompilerLimits.SizeDepth;
             next = owner.Find(static type => type.Weights, candidate => candidate.Name == at.TiedTo))
        {
            // A base's weights are tied only to its own and its bases' weights, so a cycle is in one class.
            var start = path.FindIndex(known => known.Weight == at);
            if (start >= 0)
                return path.Skip(start).OrderBy(static known => known.Weight.Id).First();
            path.Add((owner, at));
        }

        return null;
    }

    private Size? DeclareDim(ClassSpec spec, DimSpec dim, HashSet<string> pending)
    {
        if (SizeOf(spec, dim.Name) is { } known)
            return known;
        if (!pending.Add(dim.Name))
        {
            Report(DiagnosticCodes.BadSize, $"the default of '{dim.Name}' refers to itself", spec, dim.Id);
            return null;
        }

        if (pending.Count > CompilerLimits.SizeDepth)
        {
            Report(
                DiagnosticCodes.TooLarge,
                $"'{dim.Name}' is the end of a chain of {Number(pending.Count)} dims whose defaults name each other, and a chain can have "
                    + $"{Number(CompilerLimits.SizeDepth)}; "
                + "declare the dims of the chain in the order of their computation",
                spec,
                dim.Id);
            _broken.Add((spec.TypeName, dim.Name));
            return null;
        }

        Size? fallback = null;
        if (dim.Default is { } text)
        {
            var isReported = false;
            MissingName? missing = null;
            fallback = SizeParser.TryParse(
                text,
                name =>
                {
                    if (SizeOf(spec, name) is { } declaredBefore)
                        return declaredBefore;
                    if (spec.Dims.FirstOrDefault(candidate => candidate.Name == name) is not { } next)
                        return Missing(name, ref missing);
                    var declared = DeclareDim(spec, next, pending);
                    isReported |= declared is null;
                    return declared;
                },
                out var error);
            if (error is not null && !isReported && (missing is null || !_broken.Contains((spec.TypeName, missing.Name))))
                Report(DiagnosticCodes.BadSize, $"the default of '{dim.Name}': {error}", spec, dim.Id, missing);
        }

        // A dim without a path names an expression.
        Size size;
        if (dim.Path is null)
        {
            if (fallback is null)
            {
                _broken.Add((spec.TypeName, dim.Name));
                return null;
            }

            size = fallback;
        }
        else
        {
            var key = $"dim:{dim.Path}:{fallback}";
            if (!_keyToName.TryGetValue(key, out var name))
            {
                name = NameFor(key, dim.Name);
                Dims.Add(new DimInfo(name, dim.Path, fallback));
            }

            size = Size.Symbol(name);
        }

        _sizes[(spec.TypeName, dim.Name)] = size;
        return size;
    }

    private OptionInfo DeclareOption(ClassSpec spec, OptionSpec option, string? fallback)
    {
        var choices = string.Join(";", option.Choices.Select(static choice => $"{choice.Name}={string.Join(",", choice.Spellings)}"));
        var key = $"option:{option.Kind}:{option.IsList}:{choices}:{option.Path}:{fallback}";
        OptionInfo info;
        if (_keyToName.TryGetValue(key, out var name))
        {
            info = Options.First(candidate => candidate.Name == name);
        }
        else
        {
            info = new OptionInfo(NameFor(key, option.Name), option.Kind, option.Path, fallback) { IsList = option.IsList, Choices = option.Choices };
            Options.Add(info);
        }

        _options[(spec.TypeName, option.Name)] = info;
        return info;
    }

    private string NameFor(string key, string wanted)
    {
        // Symbols begin with a capital, so they are never keywords or names of locals in generated code. Names that differ only in case
        // get a number too.
        wanted = char.ToUpperInvariant(wanted[0]) + wanted.Substring(1);
        var name = UniqueName.Take(wanted, _taken.Add);
        _keyToName.Add(key, name);
        return name;
    }
}
