namespace Cambium.Benchmarks.Load;

/// <summary>Settings of the soak test.</summary>
/// <param name="Model">Folder of the checkpoint.</param>
/// <param name="Time">Duration of the load.</param>
/// <param name="InFlight">Number of concurrent requests.</param>
/// <param name="PoolTokens">Size of the KV cache in tokens: too small for all requests.</param>
/// <param name="Threads">Threads of the kernels; 0 for one per processor.</param>
/// <param name="Seed">Random seed.</param>
internal sealed record Settings(string Model, TimeSpan Time, int InFlight, int PoolTokens, int Threads, int Seed);
