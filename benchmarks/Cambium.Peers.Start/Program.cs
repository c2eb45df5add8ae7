using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using LLama.Native;

// Continues a prompt with llama.cpp: the work of 'cambium run', without options, in a process of its own. Cambium.Peers starts it.
// Arguments: file, prompt, tokens to generate, threads, context length.
var (file, prompt) = (args[0], args[1]);
var (generate, threads, context) = (Number(2), Number(3), Number(4));
NativeLibraryConfig.All.WithLogCallback(static (_, _) => { }).WithSearchDirectory(AppContext.BaseDirectory);
// The class initializer of NativeApi chooses and loads the library; the structs below call into it without one.
NativeApi.llama_empty_call();

var settings = LLamaContextParams.Default();
settings.n_ctx = (uint)context;
settings.n_threads = settings.n_threads_batch = threads;
using var model = SafeLlamaModelHandle.LoadFromFile(file, LLamaModelParams.Default());
using var session = SafeLLamaContextHandle.Create(model, settings);
var tokens = session.Tokenize(prompt, true, false, Encoding.UTF8);
var batch = new LLamaBatch();
for (var i = 0; i < tokens.Length; i++)
    batch.Add(tokens[i], i, LLamaSeqId.Zero, i == tokens.Length - 1);

using var output = Console.OpenStandardOutput();
var bytes = new byte[256];
for (var i = 0; i < generate; i++)
{
    if (session.Decode(batch) is var result && result != DecodeResult.Ok)
        throw new InvalidOperationException($"llama.cpp: {result}.");
    LLamaToken next = TensorPrimitives.IndexOfMax<float>(session.GetLogitsIth(batch.TokenCount - 1));
    output.Write(bytes.AsSpan(0, (int)model.TokenToSpan(next, bytes, 0, false)));
    output.Flush();
    batch.Clear();
    batch.Add(next, tokens.Length + i, LLamaSeqId.Zero, true);
}

int Number(int i) => int.Parse(args[i], CultureInfo.InvariantCulture);
