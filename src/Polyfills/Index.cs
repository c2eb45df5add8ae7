namespace System;

/// <summary>An index in a list, from its beginning or its end. The C# compiler requires this type for list patterns.</summary>
internal readonly struct Index(int value, bool fromEnd = false)
{
    public int Value => value;

    public bool IsFromEnd => fromEnd;

    public static implicit operator Index(int value) => new(value);

    public int GetOffset(int length) => fromEnd ? length - value : value;
}
