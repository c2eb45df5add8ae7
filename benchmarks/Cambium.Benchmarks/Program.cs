using BenchmarkDotNet.Running;
using Cambium.Benchmarks;

// dotnet run -c Release --project benchmarks/Cambium.Benchmarks -- --filter '*Matmul*'
BenchmarkSwitcher.FromAssembly(typeof(MatmulBenchmarks).Assembly).Run(args);
