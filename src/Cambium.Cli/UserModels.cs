using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Loading;

namespace Cambium.Cli;

/// <summary>The model classes of an assembly of the user's own, or of a project, which is built first.</summary>
internal static class UserModels
{
    /// <summary>Loads a checkpoint with a class of the assembly.</summary>
    /// <param name="path">A .csproj, or an assembly.</param>
    /// <exception cref="UserException">The project does not build, or no class of the assembly supports the checkpoint.</exception>
    public static CompiledModel Load(string path, string checkpoint, LoadOptions options, CancellationToken cancellation)
    {
        if (!RuntimeFeature.IsDynamicCodeSupported)
            throw new UserException("--model: this cambium is a native program, which cannot load assemblies. Install the tool: dotnet tool "
                + "install Cambium.Cli.");
        if (!File.Exists(path))
            throw new UserException($"--model {path}: no such file. Give a project (.csproj) or an assembly (.dll).");
        var assembly = path.EndsWith("proj", StringComparison.OrdinalIgnoreCase) ? Build(path, cancellation) : Path.GetFullPath(path);
        var classes = ClassesOf(assembly);
        var config = Checkpoint.ReadConfig(checkpoint, [.. classes.SelectMany(static found => found.Gguf)]);
        var fitting = classes.Where(found => found.Architectures.Intersect(config.Architectures, StringComparer.Ordinal).Any()).ToList();

        // A class without architectures is for any checkpoint, if it is the only class.
        if (fitting.Count == 0 && classes is [{ Architectures.Count: 0 }])
            fitting = classes;
        if (fitting.Count == 1)
            return fitting[0].Load(checkpoint, options);
        var names = string.Join("; ", (fitting.Count == 0 ? classes : fitting).Select(static found => $"{found.Name} for "
            + $"{(found.Architectures.Count == 0 ? "no architecture" : string.Join(", ", found.Architectures))}"));
        throw new UserException(
            $"{config.File}: 'architectures' is "
                + $"{(config.Architectures.Count == 0 ? "absent or empty" : string.Join(", ", config.Architectures))}, and "
            + (classes.Count == 0 ? $"{assembly} has no class with [Model]."
                : $"{assembly} has {names}. Exactly one class must name the architecture: [Model(\"..\")]."));
    }

    private sealed record ModelClass(
        string Name, IReadOnlyList<string> Architectures, IReadOnlyList<GgufArchitecture> Gguf, Func<string, LoadOptions?, CompiledModel> Load);

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A native program refuses --model before it comes here.")]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "A native program refuses --model before it comes here.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A native program refuses --model before it comes here.")]
    private static List<ModelClass> ClassesOf(string assembly)
    {
        try
        {
            return
            [
                .. from type in new UserContext(assembly).LoadFromAssemblyPath(assembly).GetTypes()
                   where !type.IsAbstract && type.IsSubclassOf(typeof(CompiledModel))
                   let load = type.GetMethod("Load", BindingFlags.Public | BindingFlags.Static, [typeof(string), typeof(LoadOptions)])
                   where load is not null
                   orderby type.FullName
                   select new ModelClass(
                       type.FullName!,
                       (IReadOnlyList<string>)type.GetProperty("Architectures")!.GetValue(null)!,
                       (IReadOnlyList<GgufArchitecture>)type.GetProperty("GgufArchitectures")!.GetValue(null)!,
                       load.CreateDelegate<Func<string, LoadOptions?, CompiledModel>>()),
            ];
        }
        catch (BadImageFormatException)
        {
            throw new UserException($"--model {assembly}: cannot be loaded, because it is not a .NET assembly. Give a project (.csproj) or an "
                + "assembly (.dll).");
        }
        catch (Exception error) when (
            error is FileLoadException or FileNotFoundException or ReflectionTypeLoadException or TypeLoadException)
        {
            throw new UserException($"--model {assembly}: cannot be loaded: {error.Message} Build it with the version of Cambium of this tool.");
        }
    }

    /// <summary>Builds a project, and returns the path of its assembly.</summary>
    private static string Build(string project, CancellationToken cancellation)
    {
        Dotnet(["build", project, "-c", "Release", "--nologo", "-v", "q"], $"--model {project}: the build failed.", cancellation);
        var path = Dotnet(["msbuild", project, "-getProperty:TargetPath", "-p:Configuration=Release"], $"--model {project}: has no TargetPath.",
            cancellation).Trim();
        return File.Exists(path) ? path
            : throw new UserException($"--model {project}: the build made no assembly at '{path}'. A project with several target frameworks needs "
                + $"--model with the path of one assembly.");
    }

    private static string Dotnet(IReadOnlyList<string> arguments, string failure, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)
            ?? throw new UserException("dotnet could not be started. Install the .NET SDK, or give --model an assembly.");
        using var stop = cancellation.Register(() => process.Kill(entireProcessTree: true));
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        return process.ExitCode == 0 ? output : throw new UserException($"{failure}\n{output.Trim()}\n{error.GetAwaiter().GetResult().Trim()}");
    }

    /// <summary>Takes Cambium's assemblies from the tool, so that its types are the tool's, and the others from the user's folder.</summary>
    private sealed class UserContext(string assembly) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(assembly))
    {
        private readonly AssemblyDependencyResolver _resolver = new(assembly);

        [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A native program refuses --model before it comes here.")]
        protected override Assembly? Load(AssemblyName name)
        {
            if (name.Name is "Cambium" || name.Name?.StartsWith("Cambium.", StringComparison.Ordinal) == true)
                return null;
            return _resolver.ResolveAssemblyToPath(name) is { } path ? LoadFromAssemblyPath(path) : null;
        }
    }
}
