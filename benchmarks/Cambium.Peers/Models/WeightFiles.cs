using LLama.Native;

namespace Cambium.Benchmarks;

/// <summary>
/// The folder with the files of the random Llama. A file that is not there is written; llama.cpp's own quantizer makes all types from f32.
/// </summary>
/// <param name="folder">The folder, which is kept between runs.</param>
internal sealed class WeightFiles(string folder)
{
    // Part of the file names: a change of the weights or of the metadata needs another number.
    private const string Model = "random-llama-134m-1";

    /// <param name="file">The storage type.</param>
    /// <param name="isPure">
    /// Whether every matrix has the type of the file. By default the quantizer gives some matrices more bits, such as Q6_K to the head of a Q4_0
    /// file.
    /// </param>
    /// <param name="cancellation">Checked between tensors of the f32 file.</param>
    /// <returns>The path of the file.</returns>
    /// <exception cref="InvalidOperationException">llama.cpp cannot quantize it.</exception>
    public string Find(WeightFile file, bool isPure, CancellationToken cancellation)
    {
        var isQuantized = file != WeightFile.F32;
        var path = Path.Combine(folder, $"{Model}-{file}{(isQuantized && isPure ? "-pure" : "")}.gguf");
        if (File.Exists(path))
            return path;
        Directory.CreateDirectory(folder);
        // A file gets its name when it is complete.
        var part = path + ".part";
        if (isQuantized)
            Quantize(Find(WeightFile.F32, false, cancellation), part, file, isPure);
        else
            RandomLlama.Write(part, cancellation);
        File.Move(part, path, overwrite: true);
        return path;
    }

    private static void Quantize(string source, string target, WeightFile file, bool isPure)
    {
        var settings = LLamaModelQuantizeParams.Default();
        settings.ftype = file.Type;
        settings.pure = isPure;
        if (NativeApi.llama_model_quantize(source, target, ref settings) is var error and not 0)
            throw new InvalidOperationException($"llama.cpp could not write {target} as {file}: error {error}.");
    }
}
