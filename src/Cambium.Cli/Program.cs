using Cambium.Cli;

return await Tool.RunAsync(args, Terminal.OfProcess());
