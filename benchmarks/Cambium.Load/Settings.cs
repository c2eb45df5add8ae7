namespace Cambium.Benchmarks.Load;

/// <summary>What is put on the engine, and for how long.</summary>
/// <param name="Model">Folder of the checkpoint.</param>
/// <param name="Time">How long requests come.</param>
/// <param name="InFlight">Requests that are there at once.</param>
/// <param name="PoolTokens">Tokens whose keys and values the engine has room for: too few for all.</param>
/// <param name="Threads">Threads of the kernels; 0: one for every processor.</param>
/// <param name="Seed">Of everything that is drawn.</param>
internal sealed record Settings(string Model, TimeSpan Time, int InFlight, int PoolTokens, int Threads, int Seed);
