using LLama.Native;

namespace Cambium.Benchmarks;

/// <summary>A file in llama.cpp, with the defaults of the library: memory-mapped, weights repacked for the processor where it can.</summary>
internal sealed class LlamaModel : IDisposable
{
    private readonly SafeLlamaModelHandle _model;

    public LlamaModel(string path) => _model = SafeLlamaModelHandle.LoadFromFile(path, LLamaModelParams.Default());

    /// <param name="threads">Threads of prefill and of decode.</param>
    /// <param name="tokens">Tokens whose keys and values the context holds, over all sequences.</param>
    /// <param name="sequences">Most sequences.</param>
    /// <param name="isUnified">
    /// Whether sequences have one KV cache, in which they can share cells. Otherwise each has its own part, which is faster without sharing.
    /// </param>
    public LlamaSession Open(int threads, int tokens, int sequences = 1, bool isUnified = false)
    {
        var settings = LLamaContextParams.Default();
        settings.n_ctx = (uint)tokens;
        // The defaults of llama-bench.
        settings.n_batch = 2048;
        settings.n_ubatch = 512;
        settings.n_seq_max = (uint)sequences;
        settings.kv_unified = isUnified;
        settings.n_threads = settings.n_threads_batch = threads;
        return new LlamaSession(SafeLLamaContextHandle.Create(_model, settings));
    }

    public int[] Encode(string text) =>
        [.. _model.Tokenize(text, true, false, System.Text.Encoding.UTF8).Select(static token => (int)token)];

    public void Dispose() => _model.Dispose();
}
