namespace Cambium.Runtime.Cpu;

/// <summary>A plane of code bits in packed words. The compiler resolves its properties.</summary>
internal interface ICodePlane
{
    /// <summary>Bits of a code in this plane; 0 if there is none.</summary>
    static abstract int Bits { get; }

    /// <summary>Whether the bits are an index of a table of 4-bit values.</summary>
    static abstract bool IsTable { get; }
}

/// <summary>No plane.</summary>
internal readonly struct NoPlane : ICodePlane
{
    public static int Bits => 0;

    public static bool IsTable => false;
}

/// <summary>One bit.</summary>
internal readonly struct Plane1 : ICodePlane
{
    public static int Bits => 1;

    public static bool IsTable => false;
}

/// <summary>Two bits.</summary>
internal readonly struct Plane2 : ICodePlane
{
    public static int Bits => 2;

    public static bool IsTable => false;
}

/// <summary>Four bits.</summary>
internal readonly struct Plane4 : ICodePlane
{
    public static int Bits => 4;

    public static bool IsTable => false;
}

/// <summary>Indices of four bits.</summary>
internal readonly struct TablePlane : ICodePlane
{
    public static int Bits => 4;

    public static bool IsTable => true;
}
