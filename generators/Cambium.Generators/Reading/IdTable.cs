using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Reading;

/// <summary>Hands out ids in the order of reading and remembers where each one is, what went wrong there, and what could not be read.</summary>
internal sealed class IdTable
{
    private readonly List<Place> _places = [];
    private readonly List<Mistake> _mistakes = [];
    private readonly List<int> _unreadable = [];

    // Places that only mistakes need come after all ids, so that a mistake never renumbers a declaration.
    private readonly List<(string Code, Place Place, EquatableArray<string> Arguments)> _aside = [];

    private readonly HashSet<(string Code, Place Place, EquatableArray<string> Arguments)> _reported = [];

    public bool HasMistakes => _mistakes.Count + _aside.Count > 0;

    public int Next(Location location)
    {
        _places.Add(PlaceOf(location));
        return _places.Count - 1;
    }

    /// <summary>Reports at an id. What is read several times, such as the body of a loop that is unrolled, is reported once.</summary>
    public void Report(string code, int id, params string[] arguments)
    {
        if (_reported.Add((code, _places[id], arguments.ToEquatableArray())))
            _mistakes.Add(new Mistake(code, id, arguments.ToEquatableArray()));
    }

    /// <summary>Reports at a place that has no id of its own.</summary>
    public void ReportAt(string code, Location location, params string[] arguments)
    {
        if (_reported.Add((code, PlaceOf(location), arguments.ToEquatableArray())))
            _aside.Add((code, PlaceOf(location), arguments.ToEquatableArray()));
    }

    /// <summary>An expression in place of one that could not be read.</summary>
    public Expression Unreadable(int id)
    {
        _unreadable.Add(id);
        return new LocalRef(id, "");
    }

    public (EquatableArray<Mistake> Mistakes, EquatableArray<int> Unreadable, EquatableArray<Place> Places) Finish()
    {
        foreach (var (code, place, arguments) in _aside)
        {
            _mistakes.Add(new Mistake(code, _places.Count, arguments));
            _places.Add(place);
        }

        return (_mistakes.ToEquatableArray(), _unreadable.ToEquatableArray(), _places.ToEquatableArray());
    }

    private static Place PlaceOf(Location location) =>
        new(location.SourceTree?.FilePath ?? "", location.SourceSpan.Start, location.SourceSpan.Length);
}
