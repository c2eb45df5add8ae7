namespace Cambium;

/// <summary>The place of a block in the stack around it, from 0, on a property of type <c>int</c> of a block: for layers that alternate.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class StackIndexAttribute : Attribute;
