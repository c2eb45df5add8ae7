using Cambium.Compiler.Plan;

namespace Cambium.Compiler.Emit;

/// <summary>A kind of device that programs are printed for.</summary>
internal interface ITarget
{
    /// <summary>Makes the decisions that are specific to the target, such as the weight layout, and returns the printer of its code.</summary>
    ITargetCode Begin(ProgramPlan plan);
}

/// <summary>Prints the members of the generated class that are specific to a target.</summary>
internal interface ITargetCode
{
    /// <summary>The runtime's class of the device.</summary>
    string DeviceClass { get; }

    /// <summary>
    /// The name of the class that <see cref="Program"/> prints. Its constructor takes the model, the device, the limits and the chunk store.
    /// </summary>
    string ProgramClass { get; }

    /// <summary>The class of program instances, with methods that launch the kernels of each function, and the kernels.</summary>
    void Program(CodeWriter writer);

    /// <summary>A class <c>Weights</c> that reads and owns the weights in the memory of the device.</summary>
    void Weights(CodeWriter writer);
}
