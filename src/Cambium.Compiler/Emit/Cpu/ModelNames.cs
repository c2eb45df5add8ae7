using Cambium.Compiler.Kernels;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Names of kernels and buffers, made from the author's weights.</summary>
internal sealed class ModelNames
{
    private readonly Dictionary<Kernel, string> _kernels = [];
    private readonly Dictionary<(string Function, int Value), string> _buffers = [];
    private readonly Dictionary<string, string> _functions = new(StringComparer.Ordinal);

    private static readonly string[] Endings = ["Weights", "Prologue", "Epilogue", "Score"];

    /// <param name="members">Names that the author's class has.</param>
    public ModelNames(KernelModule module, IEnumerable<string> members)
    {
        var types = new NameTable();
        foreach (var reserved in new[] { "Settings", "Weights", module.Module.Name })
            types.Take(reserved);

        // A kernel's name is a type's, or the beginning of a type's or a field's. A product is called by its weights, which are members themselves and
        // no types.
        var weights = new HashSet<string>(module.Module.Weights.Select(static weight => weight.Name), StringComparer.Ordinal);
        foreach (var member in weights.Concat(members).Distinct().OrderBy(static name => name, StringComparer.Ordinal))
        {
            foreach (var ending in Endings.Where(ending => member.EndsWith(ending, StringComparison.Ordinal) && member.Length > ending.Length))
                types.Reserve(member.Substring(0, member.Length - ending.Length));
            if (member.EndsWith("Gather", StringComparison.Ordinal) || member.StartsWith("Run", StringComparison.Ordinal) || member.StartsWith("RowProgram", StringComparison.Ordinal) || member.StartsWith("CopyRows", StringComparison.Ordinal))
                types.Reserve(member);
        }

        foreach (var function in module.Functions)
        {
            _functions[function.Name] = types.Take("Run" + CSharp.Pascal(module.Module.Entries.FirstOrDefault(entry => entry.Function == function.Name)?.Method ?? function.Name));
            var buffers = new NameTable();
            foreach (var reserved in new[] { "step", "s", "w", "rows", "layer", "arena", "team", "row", "x", "i" })
                buffers.Take(reserved);
            for (var i = 0; i < function.Parameters.Count; i++)
                Name(function, function.Parameters[i], module.IsEntry(function) ? InputOf(function, function.Parameters[i]) : i < function.Returns.Count ? "hiddenState" : "captured");
            foreach (var kernel in function.Kernels)
            {
                switch (kernel)
                {
                    case GatherKernel gather:
                        _kernels[kernel] = types.Take(gather.Table + "Gather");
                        Name(function, gather.Result, CSharp.Camel(gather.Table) + "Rows");
                        foreach (var value in gather.Writes)
                            Name(function, value, CSharp.Camel(gather.Table) + "Scaled");
                        break;
                    case MatmulKernel matmul:
                        var joined = string.Concat(matmul.Segments.SelectMany(static segment => segment.Parts));
                        _kernels[kernel] = types.Take(joined);
                        if (matmul.Prologue is not null)
                            Name(function, matmul.Input, CSharp.Camel(joined) + "Input");
                        foreach (var segment in matmul.Segments)
                        {
                            foreach (var value in segment.Epilogue.Writes)
                                Name(function, value, CSharp.Camel(string.Concat(segment.Parts)) + "Result");
                        }

                        break;
                    case AttendKernel attend:
                        _kernels[kernel] = types.Take("Attention");
                        Name(function, attend.Result, "attended");
                        break;
                    case RowwiseKernel rowwise:
                        _kernels[kernel] = types.Take(rowwise.Fused.Contains("copy") ? "CopyRows" : "RowProgram");
                        foreach (var value in rowwise.Writes)
                            Name(function, value, "computed");
                        break;
                    case BranchKernel branch:
                        foreach (var value in branch.Results)
                            Name(function, value, "chosen");
                        break;
                    case LoopKernel loop:
                        foreach (var value in loop.Results)
                            Name(function, value, "hiddenState");
                        break;
                }
            }

            string InputOf(KernelFunction entry, int value)
            {
                var parameters = module.Module[entry.Name].Parameters;
                return CSharp.Camel(module.Module.Entries.First(known => known.Function == entry.Name).Inputs[Enumerable.Range(0, parameters.Count).First(k => parameters[k] == value)]);
            }

            void Name(KernelFunction owner, int value, string wanted)
            {
                if (!_buffers.ContainsKey((owner.Name, value)))
                    _buffers[(owner.Name, value)] = buffers.Take(wanted);
            }
        }
    }

    public string this[Kernel kernel] => _kernels[kernel];

    public string Function(string name) => _functions[name];

    public string Buffer(string function, int value) => _buffers[(function, value)];
}
