using System.Globalization;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// Partitions a function into regions that become kernels. In this order: products of one input become one; row ops after a
/// product or a gather join its epilogue; row ops that only compute a product's input become its prologue; the rest are row programs.
/// Each step first checks that the regions can still run one after another.
/// </summary>
internal sealed class Fusion
{
    private readonly FunctionView _view;
    private readonly Dictionary<Node, Region> _regionOf = [];
    private readonly List<Region> _regions = [];
    private readonly Dictionary<Node, List<(string Place, string Why)>> _notFused = [];
    private readonly Dictionary<Region, IReadOnlyList<Region>> _successors = [];

    private Fusion(FunctionView view) => _view = view;

    /// <summary>The regions in an order in which they can run.</summary>
    public static IReadOnlyList<Region> Run(FunctionView view)
    {
        var fusion = new Fusion(view);
        fusion.PlaceAnchors();
        fusion.AbsorbEpilogues();
        fusion.AbsorbPrologues();
        fusion.MergeRowPrograms();
        return fusion.InOrder();
    }

    private void PlaceAnchors()
    {
        foreach (var node in _view.Nodes)
        {
            var kind = node.Kind switch
            {
                OpKind.Gather => RegionKind.Gather,
                OpKind.Product => RegionKind.Product,
                OpKind.Attention => RegionKind.Attention,
                OpKind.Control => RegionKind.Loop,
                OpKind.Arrange or OpKind.MatrixProduct => RegionKind.Arrangement,
                _ => RegionKind.Rowwise,
            };
            var rows = _view.Type(node.Results.Count > 0 ? node.Result : node.Operands[0]).Shape[0];

            // Products of one input read it once.
            var region = kind == RegionKind.Product
                ? _regions.FirstOrDefault(other =>
                    other.Kind == kind && other.Rows == rows && _view.ViewOf(other.Anchors[0].Operands[0]) == _view.ViewOf(node.Operands[0])
                        && !WouldCycle(other, _view.ViewOf(node.Operands[0]).Value))
                : null;
            if (region is null)
                _regions.Add(region = new Region(kind, rows));
            (kind == RegionKind.Rowwise ? region.Body : region.Anchors).Add(node);
            _regionOf[node] = region;

            switch (kind)
            {
                case RegionKind.Product:
                    region.SegmentOf[node.Result] = new SegmentRegion(node, new Domain(_view.Type(node.Result).Width, null));
                    break;
                case RegionKind.Gather:
                    region.Domain = new Domain(_view.Type(node.Result).Width, null);
                    break;
                case RegionKind.Rowwise:
                    region.Domain = _view.DomainOf(node);
                    break;
            }
        }

        bool WouldCycle(Region other, int input) => RegionOf(input) == other;
    }

    private void AbsorbEpilogues()
    {
        foreach (var node in _view.Nodes.Where(FunctionView.IsRowOp))
        {
            // The last of the kernels that compute the operands: the others are complete when it runs.
            var candidates =
                OperandRegions(node).Where(static region => region.Kind is RegionKind.Product or RegionKind.Gather).Distinct().Reverse().ToList();
            foreach (var region in candidates)
            {
                if (WhyNotAbsorb(region, node) is not { } why)
                    break;
                NotFused(node, $"not after {Describe(region)}", why);
            }
        }

        foreach (var region in _regions.Where(static region => region.Kind is RegionKind.Product or RegionKind.Gather).ToList())
            Release(region);
    }

    private IEnumerable<Region> OperandRegions(Node node)
    {
        var regions = node.Operands.Where(_view.IsRows).Select(_view.ViewOf).Where(static root => root.IsWhole)
            .Select(root => RegionOf(root.Value)).Where(static region => region is not null).Select(static region => region!).Distinct().ToList();
        return regions.Count < 2 ? regions : regions.OrderBy(region => _regions.IndexOf(region));
    }

    /// <summary>The region that computes a value; null for parameters and for values that no kernel computes.</summary>
    private Region? RegionOf(int root) => _view.Producer(root) is { } producer && _regionOf.TryGetValue(producer, out var region) ? region : null;

    private void NotFused(Node node, string place, string why) =>
        (_notFused.TryGetValue(node, out var reasons) ? reasons : _notFused[node] = []).Add((place, why));

    private string Describe(Region region) => region.Kind switch
    {
        RegionKind.Product =>
            "the product with "
                + string.Join(", ",
                    region.Anchors.Select(product => _view.Producer(product.Operands[1])?["name"] is SymbolValue weight ? weight.Name : "a value")),
        RegionKind.Gather => "the lookup",
        _ => "the row program",
    };

    /// <summary>Adds a node to the epilogue of the kernel that computes one of its operands; otherwise returns the reason why it cannot.</summary>
    private string? WhyNotAbsorb(Region region, Node node)
    {
        if (region.Rows != _view.Type(node.Result).Shape[0])
            return "it runs for other rows";
        if (ReadsSlice(_regionOf[node], region))
            return "it reads a slice of its rows";
        if (!IsLegalUnion(region, _regionOf[node]))
            return "a kernel has to run between them";

        var inside = node.Operands.Where(_view.IsRows).Select(_view.ViewOf).Where(root => RegionOf(root.Value) == region).ToList();
        var domain = _view.DomainOf(node);
        if (region.Kind == RegionKind.Gather)
        {
            if (IsFull(region.Body.Count))
                return Full;
            if (domain is not null && Domain.Join(region.Domain, domain) is null)
                return $"its rows have other groups: {domain} instead of {region.Domain}";
            region.Domain = Domain.Join(region.Domain, domain);
        }
        else
        {
            // An epilogue gets only the columns of its segment, one group at a time.
            var segments = inside.Select(root => region.SegmentOf[root.Value]).Distinct().ToList();
            if (IsFull(region.Body.Count(other => segments.Contains(region.SegmentOf[other.Result]))))
                return Full;
            foreach (var segment in segments)
            {
                var joint = domain is null ? segment.Domain : Domain.Join(domain, segment.Domain);
                if (joint is null)
                    return $"its columns have other groups: {domain} instead of {segment.Domain}";
                domain = joint;
            }

            // A single head is as wide as its product and may join; a reduction over a whole row would leave the product to one thread.
            if (domain!.Group is not null && domain.Group == domain.Row && node.Kind is not (OpKind.Group or OpKind.Append))
                return "it needs the whole row, whose columns are computed by several threads";
            if (_view.IsScalar(node.Result) && node.Kind != OpKind.Reduction && inside.Any(root => !_view.IsScalar(root.Value)))
                return "it is one number per row";
            var joined = segments[0];
            foreach (var other in segments.Skip(1))
            {
                joined.Products.AddRange(other.Products);
                foreach (var value in region.SegmentOf.Where(pair => pair.Value == other).Select(static pair => pair.Key).ToList())
                    region.SegmentOf[value] = joined;
            }

            joined.Domain = domain;
            region.SegmentOf[node.Result] = joined;
        }

        Move(node, region, region.Body);
        return null;
    }

    /// <summary>Removes nodes from an epilogue that would store more values with them than without.</summary>
    private void Release(Region region)
    {
        for (var i = region.Body.Count - 1; i >= 0; i--)
        {
            var node = region.Body[i];
            if (node.Kind is not (OpKind.Elementwise or OpKind.Reduction)
                || _view.Consumers(node.Result).Any(consumer => _regionOf[consumer] == region))
                continue;
            var before = Stored(region).Count;
            var own = new Region(RegionKind.Rowwise, region.Rows) { Domain = _view.DomainOf(node) };
            Move(node, own, own.Body);
            if (Stored(region).Count < before)
            {
                region.SegmentOf.Remove(node.Result);
                NotFused(node, $"not after {Describe(region)}", "it would store more values with it than without");
                _regions.Insert(_regions.IndexOf(region) + 1, own);
            }
            else
            {
                _regionOf[node] = region;
                region.Body.Insert(i, node);
            }
        }
    }

    /// <summary>Values of a region that other regions read.</summary>
    private HashSet<int> Stored(Region region) =>
        new(region.Anchors.Concat(region.Body).SelectMany(static node => node.Results).Where(value => IsStored(region, value)));

    private bool IsStored(Region region, int value) =>
        _view.Producer(value) is { } node && node.Kind != OpKind.Append
        && (_view.Returned.Contains(value) || _view.Consumers(value).Any(consumer => _regionOf[consumer] != region));

    private void AbsorbPrologues()
    {
        foreach (var region in _regions.Where(static region => region.Kind == RegionKind.Product).ToList())
        {
            // Backwards from the input: ops with no other reader.
            var inside = new HashSet<Node>(region.Anchors);
            foreach (var node in _view.Nodes.Reverse())
            {
                if (_regionOf[node] is not { Kind: RegionKind.Rowwise, Body.Count: 1 } own
                    || node.Kind is not (OpKind.Elementwise or OpKind.Reduction))
                    continue;
                var consumers = _view.Consumers(node.Result);
                if (!consumers.Any(inside.Contains))
                    continue;
                var domain = _view.DomainOf(node);
                var why = _view.Returned.Contains(node.Result) || !consumers.All(inside.Contains) ? "its result is read elsewhere, too"
                    : own.Rows != region.Rows ? "it runs for other rows"
                    : domain is not null && region.PrologueDomain is not null && Domain.Join(region.PrologueDomain, domain) is null
                        ? $"its columns have other groups: {domain} instead of {region.PrologueDomain}"
                    : IsFull(region.Prologue.Count) ? Full
                    : !IsLegalUnion(region, own) ? "a kernel has to run between them"
                    : null;
                if (why is not null)
                {
                    NotFused(node, $"not before {Describe(region)}", why);
                    continue;
                }

                region.PrologueDomain = Domain.Join(region.PrologueDomain, domain);
                inside.Add(node);
                Move(node, region, region.Prologue, atStart: true);
            }
        }
    }

    private void MergeRowPrograms()
    {
        foreach (var node in _view.Nodes.Where(node => _regionOf[node] is { Kind: RegionKind.Rowwise }))
        {
            var own = _regionOf[node];
            if (own.Body.Count != 1)
                continue;
            foreach (var region in OperandRegions(node).Where(region => region.Kind == RegionKind.Rowwise && region != own)
                .Distinct().Reverse().ToList())
            {
                if (region.Rows != own.Rows || IsFull(region.Body.Count)
                    || (region.Domain is not null && own.Domain is not null && Domain.Join(region.Domain, own.Domain) is null)
                        || !IsLegalUnion(region, own))
                    continue;
                region.Domain = Domain.Join(region.Domain, own.Domain);
                Move(node, region, region.Body);
                break;
            }
        }
    }

    private void Move(Node node, Region to, List<Node> list, bool atStart = false)
    {
        var from = _regionOf[node];
        Forget(from);
        Forget(to);
        foreach (var operand in node.Operands)
        {
            if (RegionOf(_view.ViewOf(operand).Value) is { } before)
                Forget(before);
        }

        from.Body.Remove(node);
        if (!from.Nodes.Any())
            _regions.Remove(from);
        if (atStart)
            list.Insert(0, node);
        else
            list.Add(node);
        _regionOf[node] = to;
    }

    private static string Full => $"it has {CompilerLimits.FusedOperations.ToString(CultureInfo.InvariantCulture)} operations already";

    /// <summary>A longer expression of generated code could be too deep for the C# compiler.</summary>
    private static bool IsFull(int operations) => operations >= CompilerLimits.FusedOperations;

    /// <summary>
    /// Can both run as one? Not if a path from one to the other goes through a third, or if one reads a slice of the other's rows: inside a program
    /// every value has all its columns.
    /// </summary>
    private bool IsLegalUnion(Region a, Region b) => !ReadsSlice(a, b) && !ReadsSlice(b, a) && !HasDetour(a, b) && !HasDetour(b, a);

    private bool ReadsSlice(Region reader, Region read) =>
        reader.Nodes.SelectMany(static node => node.Operands).Where(_view.IsRows).Select(_view.ViewOf)
            .Any(root => !root.IsWhole && RegionOf(root.Value) == read);

    private bool HasDetour(Region from, Region to)
    {
        var seen = new HashSet<Region>();
        var pending = new Stack<Region>(Successors(from).Where(region => region != to && region != from));
        while (pending.Count > 0)
        {
            var region = pending.Pop();
            if (!seen.Add(region))
                continue;
            foreach (var next in Successors(region))
            {
                if (next == to)
                    return true;
                if (next != from)
                    pending.Push(next);
            }
        }

        return false;
    }

    private IReadOnlyList<Region> Successors(Region region)
    {
        if (!_successors.TryGetValue(region, out var successors))
        {
            successors = [.. region.Nodes.SelectMany(static node => node.Results).SelectMany(_view.Consumers).Select(consumer => _regionOf[consumer])
                .Where(next => next != region).Distinct()];
            _successors.Add(region, successors);
        }

        return successors;
    }

    private void Forget(Region region) => _successors.Remove(region);

    /// <summary>The author's expressions in a region that are not part of another kernel, each place once with all reasons.</summary>
    private IEnumerable<string> ReasonsOf(Region region) => region.Body
        .Where(_notFused.ContainsKey)
        .SelectMany(node => _notFused[node].Select(reason => (Place: $"{Remarks.NameOf(node)} {reason.Place}", reason.Why)))
        .GroupBy(static reason => reason.Place)
        .Select(static place => $"{place.Key}: {string.Join("; ", place.Select(static reason => reason.Why).Distinct())}");

    private List<Region> InOrder()
    {
        var indices = _view.Nodes.Select(static (node, index) => (node, index)).ToDictionary(static pair => pair.node, static pair => pair.index);
        var waiting = _regions.OrderBy(region => region.Nodes.Min(node => indices[node])).ToList();
        var places = waiting.Select(static (region, place) => (region, place)).ToDictionary(static pair => pair.region, static pair => pair.place);
        var predecessors = new int[waiting.Count];
        foreach (var next in waiting.SelectMany(Successors))
            predecessors[places[next]]++;
        var ready = new SortedSet<int>(Enumerable.Range(0, waiting.Count).Where(place => predecessors[place] == 0));
        var order = new List<Region>();
        while (ready.Count > 0)
        {
            var region = waiting[ready.Min];
            ready.Remove(ready.Min);
            order.Add(region);
            foreach (var next in Successors(region).Where(next => --predecessors[places[next]] == 0))
                ready.Add(places[next]);
        }

        foreach (var region in order)
        {
            region.Body.Sort((a, b) => indices[a].CompareTo(indices[b]));
            if (region.Kind == RegionKind.Rowwise)
                region.NotFusedBecause.AddRange(ReasonsOf(region));
        }

        return order;
    }
}
