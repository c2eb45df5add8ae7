using System.Globalization;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Passes;

namespace Cambium.Compiler.Plan;

/// <summary>Names of functions, kernels and buffers, made from the names of the author's weights and inputs.</summary>
public sealed class ProgramNames
{
    private readonly Dictionary<Kernel, string> _kernels = [];
    private readonly Dictionary<(string Function, int Value), string> _buffers = [];
    private readonly Dictionary<string, string> _functions = new(StringComparer.Ordinal);

    private const int MaxJoined = 4;

    private static readonly string[] Endings = ["Weights", "Prologue", "Epilogue", "Score"];

    /// <param name="members">Names of the members of the author's class.</param>
    public ProgramNames(KernelModule module, IEnumerable<string> members)
    {
        var types = new NameTable();
        foreach (var reserved in new[] { "Settings", "Weights", "ArenaSlots", "CpuProgram", module.Module.Name })
            types.Take(reserved);

        // Generated types and fields are called by a kernel's name with an ending. The name of a product's kernel is that of its weights, which are
        // members of the author's class: only the name with its ending can collide with another member.
        var weights = module.Module.Weights.Select(static weight => weight.Name);
        foreach (var member in weights.Concat(members).Distinct().OrderBy(static name => name, StringComparer.Ordinal))
        {
            foreach (var ending in Endings.Where(ending => member.EndsWith(ending, StringComparison.Ordinal) && member.Length > ending.Length))
                types.Reserve(member.Substring(0, member.Length - ending.Length));
            if (member.EndsWith("Gather", StringComparison.Ordinal) || member.StartsWith("Run", StringComparison.Ordinal)
                || member.StartsWith("RowProgram", StringComparison.Ordinal) || member.StartsWith("CopyRows", StringComparison.Ordinal))
            {
                types.Reserve(member);
            }
        }

        foreach (var function in module.Functions)
        {
            var method = module.Module.Entries.FirstOrDefault(entry => entry.Function == function.Name)?.Method ?? function.Name;
            _functions[function.Name] = types.Take("Run" + Identifiers.Pascal(method));
            NameKernels(module, function, types);
        }
    }

    public string this[Kernel kernel] => _kernels[kernel];

    /// <summary>The method that runs a function.</summary>
    public string Function(string name) => _functions[name];

    /// <summary>The local variable for a value that is in a buffer.</summary>
    public string Buffer(string function, int value) => _buffers[(function, value)];

    /// <summary>Does the kernel have a name? Loops and branches have none: they launch nothing themselves.</summary>
    public bool HasName(Kernel kernel) => _kernels.ContainsKey(kernel);

    /// <summary>
    /// A name for weights that are read together: the author's names one after the other. Slices of one tensor have its name, and of many weights
    /// only the first is named.
    /// </summary>
    public static string NameOf(Module module, IEnumerable<string> weights)
    {
        var names = weights.Select(weight => PushSlices.AuthorNameOf(module.Weight(weight))).Distinct().ToList();
        return names.Count <= MaxJoined ? string.Concat(names) : $"{names[0]}And{(names.Count - 1).ToString(CultureInfo.InvariantCulture)}More";
    }

    private void NameKernels(KernelModule module, KernelFunction function, NameTable types)
    {
        var buffers = new NameTable();
        foreach (var reserved in new[] { "step", "s", "w", "rows", "layer", "arena", "team", "row", "x", "i" })
            buffers.Take(reserved);
        for (var i = 0; i < function.Parameters.Count; i++)
            Name(function.Parameters[i],
                module.IsEntry(function) ? InputName(function.Parameters[i]) : i < function.Returns.Count ? "hiddenState" : "captured");
        foreach (var kernel in function.Kernels)
        {
            switch (kernel)
            {
                case GatherKernel gather:
                    _kernels[kernel] = types.Take(gather.Table + "Gather");
                    Name(gather.Result, Identifiers.Camel(gather.Table) + "Rows");
                    foreach (var value in gather.Writes)
                        Name(value, Identifiers.Camel(gather.Table) + "Scaled");
                    break;
                case MatmulKernel matmul:
                    var joined = NameOf(module.Module, matmul.Segments.SelectMany(static segment => segment.Parts));
                    _kernels[kernel] = types.Take(joined);
                    if (matmul.Prologue is not null)
                        Name(matmul.Input, Identifiers.Camel(joined) + "Input");
                    foreach (var segment in matmul.Segments)
                    {
                        foreach (var value in segment.Epilogue.Writes)
                            Name(value, Identifiers.Camel(NameOf(module.Module, segment.Parts)) + "Result");
                    }

                    break;
                case AttendKernel attend:
                    _kernels[kernel] = types.Take("Attention");
                    Name(attend.Result, "attended");
                    break;
                case RowwiseKernel rowwise:
                    _kernels[kernel] = types.Take(rowwise.IsCopy ? "CopyRows" : "RowProgram");
                    foreach (var value in rowwise.Writes)
                        Name(value, "computed");
                    break;
                case BranchKernel branch:
                    foreach (var value in branch.Results)
                        Name(value, "chosen");
                    break;
                case LoopKernel loop:
                    foreach (var value in loop.Results)
                        Name(value, "hiddenState");
                    break;
            }
        }

        string InputName(int value)
        {
            var parameters = module.Module[function.Name].Parameters;
            var inputs = module.Module.Entries.First(known => known.Function == function.Name).Inputs;
            return Identifiers.Camel(inputs[Enumerable.Range(0, parameters.Count).First(k => parameters[k] == value)]);
        }

        void Name(int value, string wanted)
        {
            if (!_buffers.ContainsKey((function.Name, value)))
                _buffers[(function.Name, value)] = buffers.Take(wanted);
        }
    }
}
