using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>Turns a graph into kernels: fusion decides which nodes share a kernel; this class fills the slots of the skeletons.</summary>
public sealed class KernelBuilder
{
    private readonly Module _module;
    private readonly List<Partition> _partitions = [];
    private int _sites;

    private KernelBuilder(Module module) => _module = module;

    /// <summary>A function divided into regions, before their slots are filled.</summary>
    private sealed record Partition(FunctionView View, IReadOnlyList<Region> Regions, Dictionary<Node, SiteReference> Sites);

    /// <exception cref="UnsupportedGraphException">An op has no kernel at this place in the model.</exception>
    public static KernelModule Build(Module module)
    {
        var functions = new List<KernelFunction>();
        foreach (var entry in module.Entries)
        {
            var builder = new KernelBuilder(module);
            var function = module[entry.Function];
            builder.Divide(function,
                function.Parameters.Select(static (value, index) => (value, index))
                    .ToDictionary(static pair => pair.value, static pair => pair.index), isInLoop: false);
            functions.AddRange(builder._partitions.Select(builder.FillSlots));
        }

        return new KernelModule(module, functions);
    }

    /// <summary>
    /// Divides a function, then the functions that it runs. Sites are numbered in the order in which a step meets them, before any slot is filled:
    /// the append of a key runs before the attention that reads it.
    /// </summary>
    /// <param name="inputs">Maps values of this function to the indices of the inputs of the entry point that they hold.</param>
    private void Divide(Function function, IReadOnlyDictionary<int, int> inputs, bool isInLoop)
    {
        var view = new FunctionView(function, inputs);
        var partition = new Partition(view, Fusion.Run(view), []);
        _partitions.Add(partition);
        foreach (var region in partition.Regions)
        {
            if (region.Kind == RegionKind.Attention)
            {
                var node = region.Anchors[0];
                var site = new SiteReference(_sites++, isInLoop);
                partition.Sites.Add(node, site);
                view.Sites[node.Operands[1]] = view.Sites[node.Operands[2]] = site;
            }
            else if (region.Kind == RegionKind.Loop)
            {
                var node = region.Anchors[0];
                foreach (var body in node.Bodies)
                {
                    var passed =
                        _module[body].Parameters.Select((parameter, k) => (parameter, operand: node.Operands[k]))
                            .Where(pair => inputs.ContainsKey(pair.operand));
                    Divide(_module[body], passed.ToDictionary(static pair => pair.parameter, pair => inputs[pair.operand]),
                        isInLoop || node.Op == "loop");
                }
            }
        }
    }

    private KernelFunction FillSlots(Partition partition)
    {
        var (view, regions, sites) = partition;
        var function = view.Function;
        var types = function.Types.ToDictionary(static pair => pair.Key, static pair => pair.Value);
        var regionOf = regions.SelectMany(static region => region.Nodes.Select(node => (node, region)))
            .ToDictionary(static pair => pair.node, static pair => pair.region);
        var remarks = new Remarks(view, regions);
        var kernels = new List<Kernel>();

        foreach (var region in regions)
        {
            Kernel Described(Kernel kernel) => kernel with { Expressions = remarks.ExpressionsOf(region), CopiesBecause = remarks.CopiesOf(region) };

            bool IsStored(int value) => view.Producer(value) is { } producer && producer.Kind != OpKind.Append
                && (view.Returned.Contains(value) || view.Consumers(value).Any(consumer => regionOf[consumer] != region));

            switch (region.Kind)
            {
                case RegionKind.Gather:
                    {
                        var node = region.Anchors[0];
                        var table = view.Producer(node.Operands[0])!.SymbolOf("name");

                        // The gathered row is in its buffer when the program begins.
                        var after = region.Body.Count == 0 ? null : RowProgramBuilder.Build(view, region.Body, [], region.Domain!, IsStored);
                        kernels.Add(Described(new GatherKernel(table, view.Ids(node.Operands[1]), node.Result, after)));
                        break;
                    }

                case RegionKind.Product:
                    kernels.Add(Described(Product(view, region, IsStored)));
                    break;
                case RegionKind.Attention:
                    kernels.Add(Described(Attention(view, region.Anchors[0], sites[region.Anchors[0]])));
                    break;
                case RegionKind.Arrangement:
                    kernels.Add(Described(new RowwiseKernel(region.Rows, Arrangement.Build(view, region.Anchors[0]))));
                    break;
                case RegionKind.Loop:
                    {
                        var node = region.Anchors[0];
                        int[] operands =
                            [.. node.Operands.Where(operand => view.Type(operand).DType == DType.F32).Select(operand => view.ViewOf(operand).Value)];
                        kernels.Add(node.Op == "branch"
                            ? new BranchKernel(node["condition"]!.AsNumber()!, node.SymbolOf("then"), node.SymbolOf("else"), operands, node.Results)
                            : new LoopKernel(node.SymbolOf("body"), node.SizeOf("count"), operands, node.Results));
                        break;
                    }

                default:
                    {
                        // Only numbers: each is a group of its own.
                        var numbers = view.Type(region.Body[0].Result);
                        var domain = region.Domain ?? new Domain(numbers.Width, numbers.Rank > 2 ? Size.One : null);
                        var program = RowProgramBuilder.Build(view, region.Body, [], domain, IsStored);
                        kernels.Add(Described(new RowwiseKernel(region.Rows, program) { NotFusedBecause = region.NotFusedBecause }));
                        break;
                    }
            }
        }

        return new KernelFunction(
            function.Name,
            [.. function.Parameters.Where(parameter => view.Type(parameter).DType == DType.F32)],
            kernels,
            [.. function.Returns.Select(value => view.ViewOf(value).Value)],
            types);
    }

    private static MatmulKernel Product(FunctionView view, Region region, Func<int, bool> isStored)
    {
        var operand = region.Anchors[0].Operands[0];
        var input = view.ViewOf(operand).Value;
        var inputs = view.Type(operand).Width;
        var prologue = region.Prologue.Count == 0
            ? null
            : RowProgramBuilder.Build(view, region.Prologue, [], region.PrologueDomain ?? new Domain(inputs, null), value => value == input);

        var segments = new List<Segment>();
        foreach (var segment in region.Anchors.Select(product => region.SegmentOf[product.Result]).Distinct())
        {
            var weights = segment.Products.Select(product => view.Producer(product.Operands[1])!.SymbolOf("name"));
            var nodes = region.Body.Where(node => region.SegmentOf[node.Result] == segment).ToList();
            segments.Add(new Segment(
                weights.ToEquatableArray(),
                segment.Domain.Row,
                RowProgramBuilder.Build(view, nodes, [.. segment.Products.Select(static product => product.Result)], segment.Domain, isStored)));
        }

        return new MatmulKernel(region.Rows, input, inputs, prologue, segments.ToEquatableArray());
    }

    private static AttendKernel Attention(FunctionView view, Node node, SiteReference site)
    {
        var (q, k, v) = (view.Type(node.Operands[0]), view.Type(node.Operands[1]), view.Type(node.Operands[2]));
        var scale = node["scale"]?.AsNumber() ?? new ScalarExpression.Apply("rsqrt", new ScalarExpression.Extent(k.Last));
        var tables = new Dictionary<int, string>();
        for (var i = 3; i < node.Operands.Count; i++)
        {
            tables[i] = view.Producer(node.Operands[i])!.SymbolOf("name");
        }

        return new AttendKernel(
            view.ViewOf(node.Operands[0]).Value,
            node.Result,
            site,
            q.Shape[1],
            k.Shape[1],
            k.Last,
            v.Last,
            scale,
            node["window"]?.AsNumber(),
            node.Is("causal"),
            node.Score,
            node["sinks"] is ScoreValue { Body: ScalarExpression.Lookup sinks } ? tables[sinks.Operand] : null,
            tables);
    }
}
