using System.Runtime.InteropServices;
using Cambium.Runtime.Steps;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Runtime.Cpu;

/// <summary>Working memory of one <see cref="AttendBlock{V,TFormat,TScore}"/>: queries, scores and states, with all states empty at first.</summary>
internal readonly unsafe struct AttendScratch
{
    private readonly float* _queries;
    private readonly float* _scores;
    private readonly float* _outputs;
    private readonly float* _folds;
    private readonly float* _numbers;
    private readonly float* _states;
    private readonly float* _sides;
    private readonly int _numberStride;

    /// <param name="areas">Areas in addition to those of tokens.</param>
    public AttendScratch(Team team, int thread, int queries, in AttendShape shape, KvLayout layout, AttendAreas areas = AttendAreas.None)
    {
        Queries = queries;
        OutputStride = (shape.ValueSize + layout.Panel - 1) / layout.Panel * layout.Panel;
        _numberStride = (queries + 15) & ~15;
        var left = (nint)queries * Tile.Stride;
        var queryFloats = left * ((shape.KeySize + Tile.Depth - 1) / Tile.Depth);
        var scoreFloats = left * ((layout.ChunkSize + Tile.Depth - 1) / Tile.Depth);
        var outputFloats = (nint)queries * OutputStride;
        var foldFloats = layout.ChunkSize > Tile.Depth ? outputFloats : 0;

        var numbers = 6 * _numberStride;
        var stateFloats = (areas & AttendAreas.State) == 0 ? 0 : queryFloats + outputFloats;
        var sideFloats = (areas & AttendAreas.Side) == 0 ? 0 : (2 * outputFloats) + numbers;

        _queries = (float*)team.Scratch(
            thread, (queryFloats + scoreFloats + outputFloats + foldFloats + numbers + stateFloats + sideFloats) * sizeof(float));
        _scores = _queries + queryFloats;
        _outputs = _scores + scoreFloats;
        _folds = _outputs + outputFloats;
        _numbers = _folds + foldFloats;
        _states = _numbers + numbers;
        _sides = sideFloats == 0 ? null : _states + stateFloats;
        Clear();
        if (HasSide)
            NativeMemory.Clear(_sides, (nuint)outputFloats * sizeof(float));
    }

    // The same queries and scores with states of their own.
    private AttendScratch(in AttendScratch area)
    {
        this = area;
        _outputs = area._sides + ((nint)Queries * OutputStride);
        _numbers = _outputs + ((nint)Queries * OutputStride);
        Clear();
    }

    public int Queries { get; }

    /// <summary>Whether results of nodes with a softmax of their own are added.</summary>
    public bool HasSide => _sides != null;

    /// <summary>Floats of one padded value.</summary>
    public int OutputStride { get; }

    /// <summary>States for a node with a softmax of its own, all empty.</summary>
    public AttendScratch Beside() => new(this);

    /// <summary>The sum of the results of nodes with a softmax of their own.</summary>
    public float* Side(int query) => _sides + ((nint)query * OutputStride);

    /// <summary>phi of a query from element <paramref name="d"/> on, contiguous up to the next multiple of <see cref="Tile.Depth"/>.</summary>
    public float* Phi(int query, int d) =>
        _states + ((nint)Queries * OutputStride) + (((nint)(d / Tile.Depth) * Queries) + query) * Tile.Stride + (d % Tile.Depth);

    /// <summary>Weighted values of a state.</summary>
    public float* StateFold(int query) => _states + ((nint)query * OutputStride);

    /// <summary>A query from element <paramref name="d"/>, a multiple of <see cref="Tile.Depth"/>, on.</summary>
    public float* Query(int query, int d) => _queries + (((nint)(d / Tile.Depth) * Queries) + query) * Tile.Stride;

    /// <summary>A query's score, later its weight, of one token; contiguous up to the next multiple of <see cref="Tile.Depth"/>.</summary>
    public float* Score(int query, int token) =>
        _scores + ((((nint)((uint)token / Tile.Depth) * Queries) + query) * Tile.Stride) + (nint)((uint)token % Tile.Depth);

    /// <summary>Weighted values of the path so far.</summary>
    public float* Output(int query) => _outputs + ((nint)query * OutputStride);

    /// <summary>Weighted values of one node, where its tokens come in several blocks.</summary>
    public float* Fold(int query) => _folds + ((nint)query * OutputStride);

    /// <summary>Largest score of the path so far.</summary>
    public float* Largest(int query) => _numbers + query;

    /// <summary>Sum of weights of the path so far.</summary>
    public float* Sum(int query) => _numbers + _numberStride + query;

    /// <summary>Largest score in the node.</summary>
    public float* FoldLargest(int query) => _numbers + (2 * _numberStride) + query;

    /// <summary>Sum of weights in the node.</summary>
    public float* FoldSum(int query) => _numbers + (3 * _numberStride) + query;

    /// <summary>Factor of the path's state in the combination.</summary>
    public float* KeepFactor(int query) => _numbers + (4 * _numberStride) + query;

    /// <summary>Factor of the node's state in the combination.</summary>
    public float* AddFactor(int query) => _numbers + (5 * _numberStride) + query;

    private void Clear()
    {
        NativeMemory.Clear(_outputs, (nuint)((nint)Queries * OutputStride) * sizeof(float));
        new Span<float>(Largest(0), Queries).Fill(float.NegativeInfinity);
        new Span<float>(Sum(0), Queries).Clear();
    }
}

/// <summary>Areas of the scratch that nodes without a page need.</summary>
[Flags]
internal enum AttendAreas
{
    None = 0,

    /// <summary>phi of the queries, and weighted values in the order of the heads.</summary>
    State = 1,

    /// <summary>Results and states of a second softmax.</summary>
    Side = 2,
}
