namespace Cambium;

/// <summary>The index of a block in its stack, from 0, on an <c>int</c> property of the block: for layers that alternate.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class StackIndexAttribute : Attribute;
