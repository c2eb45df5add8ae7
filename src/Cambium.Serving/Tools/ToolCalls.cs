using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Cambium.Serving.Tools;

/// <summary>Calls from the JSON that a model writes.</summary>
internal static class ToolCalls
{
    /// <summary>A call from an object with a name and arguments; null if it is not one.</summary>
    public static FunctionCallContent? Of(JsonElement call)
    {
        try
        {
            return Read(call);
        }
        catch (InvalidOperationException)
        {
            // GetString fails on half of a surrogate pair, which is valid in JSON escapes but not in text.
            return null;
        }
    }

    /// <summary>A call from the text of its arguments, a JSON object or nothing; null if it is not one.</summary>
    /// <param name="id">The call's own id; null for a new one.</param>
    public static FunctionCallContent? WithArguments(string function, string? id, string arguments)
    {
        if (string.IsNullOrWhiteSpace(arguments))
            return Create(function, id, default);
        if (!JsonPrefix.TryRead(arguments, out var value, out var length) || !string.IsNullOrWhiteSpace(arguments[length..]))
            return null;
        try
        {
            return Create(function, id, value);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static FunctionCallContent? Read(JsonElement call)
    {
        if (call.ValueKind != JsonValueKind.Object)
            return null;
        // {"type":"function","function":{"name":..,"arguments":..}}, or the name as the value of "function".
        var hasFunction = call.TryGetProperty("function", out var function);
        if (hasFunction && function.ValueKind == JsonValueKind.Object)
            return Read(function);
        if (!(call.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String))
            name = function;
        if (name.ValueKind != JsonValueKind.String)
            return null;
        var given = ToolFormat.ArgumentNames.Select(key => call.TryGetProperty(key, out var value) ? value : default)
            .FirstOrDefault(static value => value.ValueKind != JsonValueKind.Undefined);
        var id = call.TryGetProperty("id", out var own) && own.ValueKind == JsonValueKind.String ? own.GetString() : null;
        return Create(name.GetString()!, id, given);
    }

    private static FunctionCallContent? Create(string function, string? id, JsonElement given)
    {
        // Some models write the arguments as a string that contains JSON.
        if (given.ValueKind == JsonValueKind.String && JsonPrefix.TryRead(given.GetString()!, out var inner, out _))
            given = inner;
        if (given.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined or JsonValueKind.Null))
            return null;
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var argument in given.ValueKind == JsonValueKind.Object ? given.EnumerateObject() : default)
            arguments[argument.Name] = argument.Value;
        return new FunctionCallContent(id ?? NewId(), function, arguments);
    }

    /// <summary>An id of nine letters and digits, which every template accepts.</summary>
    public static string NewId() => Guid.NewGuid().ToString("N")[..9];
}
