using BenchmarkDotNet.Attributes;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>Attention of one layer in a decode step: 32 sequences, 32 heads of 128, all tokens but the newest shared.</summary>
public class AttentionBenchmarks
{
    private Team _team = null!;
    private AttentionCase _attention = null!;
    private Step _alone = null!;
    private Step _together = null!;

    [Params(1024, 4096)]
    public int Prompt { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _team = new Team(Environment.ProcessorCount);
        _attention = new AttentionCase(AttentionSizes.Equal(Prompt), Prompt, sharedStorage: true, layers: 1);
        _alone = _attention.Plan(_team, twoPhase: false);
        _together = _attention.Plan(_team, twoPhase: true);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _attention.Dispose();
        _team.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void PerSequence() => _attention.Run(_alone);

    [Benchmark]
    public void TwoPhase() => _attention.Run(_together);
}
