using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>Arguments that are conditions. They are the same for every row of a launch, so the host evaluates them.</summary>
internal static class Conditions
{
    public static bool IsCondition(ScalarExpression.Apply apply, int argument) =>
        OpCatalog.Get(apply.Op).Parameters[argument].Scalar == ScalarType.Condition;
}
