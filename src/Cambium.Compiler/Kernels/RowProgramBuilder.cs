using System.Globalization;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// Schedules row ops into stages. A reduction ends a pass over the elements; ops that depend on its result run in a later pass. Rotations and appends
/// need their operand in memory. If a later pass reads an elementwise value again, the value is recomputed, unless it is in memory already.
/// </summary>
internal sealed class RowProgramBuilder
{
    private readonly FunctionView _view;
    private readonly IReadOnlyList<Node> _nodes;
    private readonly IReadOnlyList<int> _products;
    private readonly Domain _domain;
    private readonly Func<int, bool> _isStored;
    private readonly bool _keepProducts;

    private readonly Dictionary<int, int> _level = [];
    private readonly Dictionary<int, (Place Place, int Level)> _inMemory = [];
    private readonly Dictionary<int, int> _locals = [];
    private readonly Dictionary<int, ScalarExpression> _scalars = [];
    private readonly Dictionary<int, ScalarExpression> _numbers = [];
    private readonly List<RowInput> _inputs = [];
    // Parts of the skeleton's result that were overwritten, and whether they are read after that.
    private readonly HashSet<Place> _overwritten = [];
    private bool _needsProducts;
    private int _nextLocal;

    private RowProgramBuilder(FunctionView view, IReadOnlyList<Node> nodes, IReadOnlyList<int> products, Domain domain,
        Func<int, bool> isStored, bool keepProducts)
    {
        (_view, _nodes, _products, _domain, _isStored, _keepProducts) = (view, nodes, products, domain, isStored, keepProducts);
    }

    /// <param name="products">Values that the skeleton made, by part; empty where rows come from buffers.</param>
    /// <param name="isStored">Is a value read by other kernels?</param>
    public static RowProgram Build(FunctionView view, IReadOnlyList<Node> nodes, IReadOnlyList<int> products, Domain domain, Func<int, bool> isStored)
    {
        var builder = new RowProgramBuilder(view, nodes, products, domain, isStored, keepProducts: false);
        var program = builder.Run();
        return builder._needsProducts || OverwritesWhatItReads(program)
            ? new RowProgramBuilder(view, nodes, products, domain, isStored, keepProducts: true).Run()
            : program;
    }

    /// <summary>A program that copies a row.</summary>
    public static RowProgram Copy(Size width, Place from, Place to) => new(
        Size.One,
        width,
        EquatableArray.Of(new RowInput(from, Access.Full)),
        EquatableArray.Of<RowStage>(
            new RowStage.Elements(EquatableArray<Let>.Empty, EquatableArray<Accumulate>.Empty,
                EquatableArray.Of(new Write(to, new ScalarExpression.Element(0))))));

    private static bool OverwritesWhatItReads(RowProgram program)
    {
        var overwritten = new HashSet<Place>();
        foreach (var stage in program.Stages)
        {
            if (stage is RowStage.Elements elements)
            {
                var reads = elements.Lets.Select(static let => let.Value).Concat(elements.Accumulates.Select(static accumulate => accumulate.Value))
                    .Concat(elements.Writes.Select(static write => write.Value))
                    .SelectMany(static value => value.Walk()).OfType<ScalarExpression.Element>().Select(element => program.Inputs[element.Index]);
                if (reads.Any(input => input.Raw && overwritten.Contains(input.Place)))
                    return true;
                foreach (var write in elements.Writes.Where(static write => write.Place is Place.Product))
                {
                    if (!overwritten.Add(write.Place))
                        return true;
                }
            }
            else if (stage is RowStage.Rotate { Place: Place.Product } rotate)
            {
                overwritten.Add(rotate.Place);
            }
        }

        return false;
    }

    private RowProgram Run()
    {
        var last = 0;
        for (var part = 0; part < _products.Count; part++)
            _level[_products[part]] = 0;
        foreach (var node in _nodes)
        {
            var level = node.Operands.Where(_view.IsRows).Select(operand => LevelOf(_view.ViewOf(operand).Value)).DefaultIfEmpty(0).Max();
            last = Math.Max(last, level);
            _level[node.Result] = node.Kind is OpKind.Elementwise ? level : level + 1;
        }

        var stages = new List<RowStage>();
        for (var level = 0; level <= last + 1; level++)
        {
            AddScalars(stages, level);
            AddElements(stages, level);
        }

        var groups = _domain.Group is null ? Size.One : _domain.Row / _domain.Group;
        var width = _domain.Group ?? (_products.Count > 0 ? null : _domain.Row);
        return new RowProgram(groups, width, _inputs.ToEquatableArray(), stages.ToEquatableArray());
    }

    private int LevelOf(int root) => _level.TryGetValue(root, out var level) ? level : 0;

    private bool IsInside(int root) => _level.ContainsKey(root);

    private void AddScalars(List<RowStage> stages, int level)
    {
        var lets = new List<Let>();
        var writes = new List<Write>();
        foreach (var node in _nodes.Where(node => _view.IsScalar(node.Result) && _level[node.Result] == level))
        {
            ScalarExpression value;
            if (node.Kind == OpKind.Elementwise)
                value = Expression(node, level, null);
            else if (OpCatalog.Get(node.Op).Reduction!.DividesByCount)
                value = new ScalarExpression.Apply("div", new ScalarExpression.Local(_locals[node.Result]),
                    new ScalarExpression.Extent(_view.Type(node.Operands[0]).Last));
            else
                value = new ScalarExpression.Local(_locals[node.Result]);

            // A number whose only reader is also a number is computed inside of the reader.
            var consumers = _view.Consumers(node.Result);
            if (_isStored(node.Result))
                writes.Add(new Write(new Place.Buffer(node.Result), Named(value)));
            else if (consumers.Count == 1 && _view.IsScalar(consumers[0].Result) && consumers[0].Kind == OpKind.Elementwise
                && consumers[0].Operands.Count(operand => _view.ViewOf(operand).Value == node.Result) == 1)
                _scalars[node.Result] = value;
            else
                Named(value);

            ScalarExpression Named(ScalarExpression expression)
            {
                if (expression is not ScalarExpression.Local)
                    lets.Add(new Let(_locals[node.Result] = _nextLocal++, expression));
                return _scalars[node.Result] = new ScalarExpression.Local(_locals[node.Result]);
            }
        }

        if (lets.Count + writes.Count > 0)
            stages.Add(new RowStage.Scalars(lets.ToEquatableArray(), writes.ToEquatableArray()));
    }

    private void AddElements(List<RowStage> stages, int level)
    {
        var reductions = _nodes.Where(node => node.Kind == OpKind.Reduction && _level[node.Result] == level + 1).ToList();
        var effects = _nodes.Where(node => node.Kind is OpKind.Group or OpKind.Append && _level[node.Result] == level + 1).ToList();
        var writes = new List<(Place Place, int Value)>();

        foreach (var value in _products.Concat(_nodes.Select(static node => node.Result)).Where(value =>
            LevelOf(value) == level && _isStored(value) && (_products.Contains(value) || !_view.IsScalar(value)) && !_inMemory.ContainsKey(value)))
        {
            if (_view.Producer(value) is { } producer && producer.Kind == OpKind.Append)
                continue;
            writes.Add((new Place.Buffer(value), value));
        }

        var after = new List<RowStage>();
        foreach (var node in effects)
        {
            var operand = _view.ViewOf(node.Operands[0]).Value;
            if (node.Kind == OpKind.Group)
            {
                Place place = _isStored(node.Result) || _products.Count == 0 || _keepProducts ? new Place.Buffer(node.Result) : new Place.Product(0);
                if (IsAlreadyAt(operand, place))
                    _needsProducts |= _overwritten.Contains(place);
                else
                    writes.Add((place, node.Operands[0]));
                if (place is Place.Product)
                    _overwritten.Add(place);
                after.Add(new RowStage.Rotate(place, node.SymbolOf("rotary"), node.Is("interleaved")));
                _inMemory[node.Result] = (place, level);
            }
            else
            {
                var place =
                    writes.Where(write => write.Value == operand && write.Place is Place.Buffer).Select(static write => write.Place).FirstOrDefault()
                    ?? (_inMemory.TryGetValue(operand, out var known) ? known.Place : null)
                    ?? (_products.Contains(operand) ? new Place.Product(IndexOfProduct(operand)) : null)
                    ?? (IsInside(operand) ? null : (Place)_view.ViewOf(node.Operands[0]).Place);
                if (place is null)
                {
                    place = _products.Count == 0 || _keepProducts ? new Place.Buffer(operand) : new Place.Product(0);
                    writes.Add((place, node.Operands[0]));
                }
                else
                {
                    _needsProducts |= _products.Contains(operand) && _overwritten.Contains(place);
                }

                after.Add(new RowStage.Append(place, _view.SiteOf(node), node.Op == "append_key"));
            }
        }

        if (reductions.Count + writes.Count > 0)
        {
            // A value that is read more than once in this pass gets a name.
            var uses = new Dictionary<int, int>();
            foreach (var value in reductions.Select(static node => node.Operands[0]).Concat(writes.Select(static write => write.Value)))
                Count(value, level, uses);
            var lets = new List<Let>();
            var names = new Dictionary<int, int>();
            foreach (var node in _nodes.Where(node => uses.TryGetValue(node.Result, out var count) && count > 1))
            {
                var value = Expression(node, level, names);
                names[node.Result] = _nextLocal++;
                lets.Add(new Let(names[node.Result], value));
            }

            var accumulates =
                reductions.Select(node =>
                    new Accumulate(_locals[node.Result] = _nextLocal++, OpCatalog.Get(node.Op).Reduction!.Accumulates,
                        Read(node.Operands[0], level, names))).ToList();
            var stores = writes.Select(write => new Write(write.Place, Read(write.Value, level, names))).ToList();
            stages.Add(new RowStage.Elements(lets.ToEquatableArray(), accumulates.ToEquatableArray(), stores.ToEquatableArray()));
        }

        foreach (var (place, value) in writes)
        {
            var root = _view.ViewOf(value).Value;
            if (place is Place.Buffer { Value: var target } && target == root)
                _inMemory[root] = (place, level);
        }

        stages.AddRange(after);
    }

    private bool IsAlreadyAt(int operand, Place place) =>
        place is Place.Product { Part: var part } && _products.Count > part && _products[part] == operand;

    private int IndexOfProduct(int value) => Enumerable.Range(0, _products.Count).First(part => _products[part] == value);

    private void Count(int value, int level, Dictionary<int, int> uses)
    {
        if (!_view.IsRows(value))
            return;
        var root = _view.ViewOf(value).Value;
        if (!IsInside(root) || _view.IsScalar(root) || _products.Contains(root) || IsInMemoryBefore(root, level))
            return;
        uses[root] = uses.TryGetValue(root, out var count) ? count + 1 : 1;
        if (uses[root] == 1)
        {
            foreach (var operand in _view.Producer(root)!.Operands)
                Count(operand, level, uses);
        }
    }

    private bool IsInMemoryBefore(int root, int level) => _inMemory.TryGetValue(root, out var memory) && memory.Level < level;

    private ScalarExpression Expression(Node node, int level, Dictionary<int, int>? names) => node.Op == "copy"
        ? Read(node.Operands[0], level, names)
        : new ScalarExpression.Apply(node.Op, node.Operands.Select(operand => Read(operand, level, names)).ToEquatableArray());

    private ScalarExpression Read(int value, int level, Dictionary<int, int>? names)
    {
        if (!_view.IsRows(value))
            return Parameter(value);

        var view = _view.ViewOf(value);
        var root = view.Value;
        if (!IsInside(root))
            return Input(_view.PlaceOf(view), AccessOf(_view.Type(value), root), raw: false);
        if (_scalars.TryGetValue(root, out var scalar))
            return scalar;
        if (names is not null && names.TryGetValue(root, out var name))
            return new ScalarExpression.Local(name);
        if (IsInMemoryBefore(root, level))
            return Input(_inMemory[root].Place, Access.Full, raw: false);
        if (_products.Contains(root))
            return Input(new Place.Product(IndexOfProduct(root)), _domain.Row == Size.One ? Access.Single : Access.Full, raw: true);
        return Expression(_view.Producer(root)!, level, names);
    }

    private ScalarExpression Parameter(int value)
    {
        var node = _view.Producer(value)!;
        switch (node.Kind)
        {
            case OpKind.Source when node.Op == "weight":
                return Input(new Place.Parameter(node.SymbolOf("name")), AccessOf(_view.Type(value), value), raw: false);
            case OpKind.Source:
                return node["value"]?.AsNumber() ?? throw new UnsupportedGraphException("this constant has no kernel", node.Origin);
            case OpKind.Elementwise:
                return Number(value, node);
            default:
                throw new UnsupportedGraphException(
                    $"'{OpCatalog.Get(node.Op).Method ?? node.Op}' of a weight has no kernel; it works on rows", node.Origin);
        }
    }

    /// <summary>Numbers and small parameters that depend on each other; one that is read twice is built once.</summary>
    private ScalarExpression Number(int value, Node node)
    {
        DepthFirst.Visit(
            value,
            next => _numbers.ContainsKey(next) || _view.Producer(next) is not { Kind: OpKind.Elementwise } inner ? null : inner.Operands,
            next =>
            {
                var inner = _view.Producer(next)!;
                _numbers[next] = new ScalarExpression.Apply(inner.Op, inner.Operands.Select(Parameter).ToEquatableArray());
            });
        return !_numbers[value].IsTooLarge()
            ? _numbers[value]
            : throw new UnsupportedGraphException(
                $"this number has more than {CompilerLimits.ExpressionParts.ToString(CultureInfo.InvariantCulture)} parts or "
                    + $"{CompilerLimits.Depth.ToString(CultureInfo.InvariantCulture)} levels", node.Origin);
    }

    private Access AccessOf(TensorType type, int value) => _domain.AccessOf(type)
        ?? throw new UnsupportedGraphException(
            $"cannot broadcast {type} against rows of {_domain.Row} elements; reshape it, or compute it before the norm",
            _view.Producer(value)?.Origin ?? Origin.None);

    private ScalarExpression Input(Place place, Access access, bool raw)
    {
        var input = new RowInput(place, access, raw);
        var index = _inputs.IndexOf(input);
        if (index < 0)
        {
            index = _inputs.Count;
            _inputs.Add(input);
        }

        return new ScalarExpression.Element(index);
    }
}
