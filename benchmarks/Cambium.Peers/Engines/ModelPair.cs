using Cambium.Checkpoints;

namespace Cambium.Benchmarks;

/// <summary>One file, loaded by both engines.</summary>
internal sealed class ModelPair : IDisposable
{
    private ModelPair(WeightFile file, bool isPure, string path, CambiumModel cambium)
    {
        (File, Path, Cambium) = (file, path, cambium);
        Name = isPure ? $"{file} (pure)" : file.Name;
        Llama = new LlamaModel(path);
    }

    public WeightFile File { get; }

    /// <summary>Name of the type; says whether all matrices have it.</summary>
    public string Name { get; }

    public string Path { get; }

    public LlamaModel Llama { get; }

    public CambiumModel Cambium { get; }

    /// <summary>
    /// Loads the file as llama.cpp's quantizer writes it, or with all matrices in the file's type if Cambium does not read the other types.
    /// </summary>
    /// <exception cref="CheckpointException">Cambium reads neither.</exception>
    public static ModelPair Load(WeightFiles files, WeightFile file, CancellationToken cancellation)
    {
        var path = files.Find(file, isPure: false, cancellation);
        try
        {
            return new ModelPair(file, false, path, new CambiumModel(path, cancellation));
        }
        catch (CheckpointException)
        {
            path = files.Find(file, isPure: true, cancellation);
            return new ModelPair(file, true, path, new CambiumModel(path, cancellation));
        }
    }

    public void Dispose()
    {
        Cambium.Dispose();
        Llama.Dispose();
    }
}
