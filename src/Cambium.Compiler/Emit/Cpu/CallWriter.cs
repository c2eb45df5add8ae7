namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Writes a call whose last arguments are structs with their fields.</summary>
internal sealed class CallWriter(CodeWriter writer)
{
    private readonly List<KernelStruct> _arguments = [];
    private string? _call;
    private string _rest = "";

    /// <param name="rest">What follows the structs.</param>
    public void Add(string call, KernelStruct argument, string rest = "")
    {
        (_call, _rest) = (call, rest);
        _arguments.Add(argument);
    }

    public void Continue(KernelStruct argument) => _arguments.Add(argument);

    public void Flush()
    {
        if (_call is null)
            return;
        writer.Line(_call + ",");
        using (writer.Indent())
        {
            for (var i = 0; i < _arguments.Count; i++)
            {
                var end = i < _arguments.Count - 1 ? "," : _rest + ");";
                if (_arguments[i].Fields.Count == 0)
                {
                    writer.Line($"new {_arguments[i].Name}(){end}");
                    continue;
                }

                using (writer.Block($"new {_arguments[i].Name}", "}" + end))
                {
                    foreach (var field in _arguments[i].Fields)
                        writer.Line($"{field.Name} = {field.Value},");
                }
            }
        }

        _call = null;
        _arguments.Clear();
    }
}
