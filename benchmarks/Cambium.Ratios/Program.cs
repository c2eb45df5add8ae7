using Cambium.Benchmarks;

// dotnet run -c Release --project benchmarks/Cambium.Ratios -- attention
try
{
    var options = Options.Parse(args);
    if (options is null)
    {
        Console.WriteLine(Options.Usage);
        return 0;
    }

    if (options.With is { } other)
        return new BuildComparison(options, other).Run() ? 0 : 1;

    using var session = new Session(options);
    session.Run();
    return 0;
}
catch (ArgumentException error)
{
    Console.Error.WriteLine(error.Message);
    return 2;
}
