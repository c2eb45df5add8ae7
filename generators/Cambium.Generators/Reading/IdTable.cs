using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Reading;

/// <summary>Assigns ids in reading order and records for each its position, its diagnostics, and whether it could be read.</summary>
internal sealed class IdTable
{
    private readonly List<Place> _places = [];
    private readonly List<ModelDiagnostic> _diagnostics = [];
    private readonly List<int> _unreadable = [];

    // Positions that only diagnostics use come after all ids, so that a diagnostic does not renumber a declaration.
    private readonly List<(string Code, Place Place, EquatableArray<string> Arguments)> _withoutId = [];

    private readonly HashSet<(string Code, Place Place, EquatableArray<string> Arguments)> _reported = [];

    public int Next(Location location)
    {
        _places.Add(PlaceOf(location));
        return _places.Count - 1;
    }

    /// <summary>Reports at an id. Source that is read several times, such as the body of an unrolled loop, is reported once.</summary>
    public void Report(string code, int id, params string[] arguments)
    {
        if (_reported.Add((code, _places[id], arguments.ToEquatableArray())))
            _diagnostics.Add(new ModelDiagnostic(code, id, arguments.ToEquatableArray()));
    }

    /// <summary>Reports at a position that has no id.</summary>
    public void ReportAt(string code, Location location, params string[] arguments)
    {
        if (_reported.Add((code, PlaceOf(location), arguments.ToEquatableArray())))
            _withoutId.Add((code, PlaceOf(location), arguments.ToEquatableArray()));
    }

    /// <summary>A placeholder for an expression that could not be read.</summary>
    public Expression Unreadable(int id)
    {
        _unreadable.Add(id);
        return new LocalRef(id, "");
    }

    public (EquatableArray<ModelDiagnostic> Diagnostics, EquatableArray<int> Unreadable, EquatableArray<Place> Places) Finish()
    {
        foreach (var (code, place, arguments) in _withoutId)
        {
            _diagnostics.Add(new ModelDiagnostic(code, _places.Count, arguments));
            _places.Add(place);
        }

        return (_diagnostics.ToEquatableArray(), _unreadable.ToEquatableArray(), _places.ToEquatableArray());
    }

    private static Place PlaceOf(Location location) =>
        new(location.SourceTree?.FilePath ?? "", location.SourceSpan.Start, location.SourceSpan.Length);
}
