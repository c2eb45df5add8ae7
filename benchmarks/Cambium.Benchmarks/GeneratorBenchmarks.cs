using BenchmarkDotNet.Attributes;

namespace Cambium.Benchmarks;

/// <summary>The source generator on the Llama class and its blocks: a full run, and incremental runs after an edit.</summary>
[MemoryDiagnoser]
public class GeneratorBenchmarks
{
    private readonly GeneratorSession _session = GeneratorSession.OfLlama();
    private int _edit;

    [GlobalSetup(Targets = [nameof(CommentEdited), nameof(ForwardEdited)])]
    public void Prepare() => _session.Generate();

    [Benchmark]
    public int Cold() => _session.Generate();

    [Benchmark]
    public int CommentEdited() => _session.EditComment(++_edit);

    [Benchmark]
    public int ForwardEdited() => _session.EditForward(++_edit);
}
