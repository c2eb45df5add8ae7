using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>Collects what the programs of a slot need from the host: one field for each value, in the order of the first use.</summary>
internal sealed class FieldCollector
{
    private readonly string _name;
    private readonly KernelModule _module;
    private readonly Arena _arena;
    private readonly ProgramNames _names;
    private readonly KernelFunction _function;
    private readonly NameTable _fieldNames;
    private readonly List<KernelField> _fields = [];

    public FieldCollector(string name, KernelModule module, Arena arena, ProgramNames names, KernelFunction function)
    {
        (_name, _module, _arena, _names, _function) = (name, module, arena, names, function);

        // A field must not have the name of its struct, of a method of it, or of a type parameter of these.
        _fieldNames = NameTable.Of("Row", "Prepare", "Finish", "Apply", "V", name);
    }

    public SlotPlan Build(SlotKind kind) => new(kind, _name, _fields);

    /// <summary>A program over whole rows.</summary>
    /// <param name="prepared">The buffer whose row the skeleton passes to the program; null where there is none.</param>
    public void AddRows(RowProgram program, int? prepared = null)
    {
        Add(program.Width!);
        if (program.Groups != Size.One)
            Add(program.Groups);
        new ProgramReader(this, program, program.Groups != Size.One, prepared).Read();
    }

    /// <summary>An epilogue of one segment.</summary>
    public void AddSegment(Segment segment, int index)
    {
        if (segment.Epilogue.Width is { } group)
        {
            Add(group);
        }
        else
        {
            Add(new FieldSource.Columns(index), "Columns");
            Add(segment.Outputs);
        }

        new ProgramReader(this, segment.Epilogue, hasGroups: true, prepared: null).Read();
    }

    public void AddScore(ScoreProgram score, IReadOnlyDictionary<int, string> tables)
    {
        foreach (var let in score.Lets)
            AddScore(let.Value, tables);
        AddScore(score.Result, tables);
    }

    private void AddScore(ScalarExpression expression, IReadOnlyDictionary<int, string> tables)
    {
        switch (expression)
        {
            case ScalarExpression.Input { Name: not "layer" } or ScalarExpression.Local:
                break;
            case ScalarExpression.Lookup lookup:
                var table = tables[lookup.Operand];
                AddWeight(table);
                if (lookup.Indices is not [ScalarExpression.Input { Name: "head" }])
                {
                    for (var axis = 0; axis < lookup.Indices.Count; axis++)
                        Add(_module.Module.Weight(table).Shape[axis]);
                }

                foreach (var index in lookup.Indices)
                    AddScore(index, tables);
                break;
            case var uniform when ScoreProgram.IsUniform(uniform):
                AddNumber(uniform);
                break;
            default:
                AddArguments((ScalarExpression.Apply)expression, argument => AddScore(argument, tables));
                break;
        }
    }

    private void Add(FieldSource source, string wanted)
    {
        if (_fields.All(field => field.Source != source))
            _fields.Add(new KernelField(_fieldNames.Take(wanted), source));
    }

    private void Add(Size size)
    {
        if (size.Value is null)
            Add(new FieldSource.SizeOf(size), Identifiers.Of(size));
    }

    private void AddWeight(string weight) => Add(new FieldSource.Weight(weight), weight);

    /// <summary>A number that does not depend on the row: a literal needs no field.</summary>
    private void AddNumber(ScalarExpression expression)
    {
        switch (expression)
        {
            case ScalarExpression.Constant:
                break;
            case ScalarExpression.Extent extent:
                Add(extent.Value);
                break;
            default:
                Add(new FieldSource.Number(expression), expression is ScalarExpression.Symbol symbol ? symbol.Name : "Factor");
                break;
        }
    }

    /// <summary>The arguments of an op: a condition does not depend on the row, so it is a flag that the host sets.</summary>
    private void AddArguments(ScalarExpression.Apply apply, Action<ScalarExpression> number)
    {
        for (var i = 0; i < apply.Arguments.Count; i++)
        {
            if (Conditions.IsCondition(apply, i))
                Add(new FieldSource.Condition(apply.Arguments[i]), "Condition");
            else
                number(apply.Arguments[i]);
        }
    }

    private void AddRow(Place place)
    {
        switch (place)
        {
            case Place.Parameter parameter:
                AddWeight(parameter.Weight);
                break;
            case Place.Buffer buffer:
                if (_arena.SlotOf(_function.Name, buffer.Value) is null)
                {
                    var index = _function.Returns.ToList().IndexOf(buffer.Value);
                    var name = Identifiers.Pascal(_module.Module.Entries.First(entry => entry.Function == _function.Name).Results[index]);
                    Add(new FieldSource.Result(index), name);
                    Add(new FieldSource.ResultStride(index), name + "Stride");
                }
                else
                {
                    Add(new FieldSource.Buffer(buffer.Value), Identifiers.Pascal(_names.Buffer(_function.Name, buffer.Value)));
                    Add(_function.Types[buffer.Value].Width);
                }

                if (buffer.Selected)
                    AddOutputRows();
                if (buffer.Offset is not null)
                    Add(buffer.Offset);
                break;
        }
    }

    private void AddOutputRows() => Add(new FieldSource.OutputRows(), "OutputRows");

    private void AddPositions() => Add(new FieldSource.Ids(null), "Positions");

    /// <summary>Reads one program in the order in which it is printed.</summary>
    /// <param name="hasGroups">Places with an element for each column begin at the group's first column.</param>
    private sealed class ProgramReader(FieldCollector fields, RowProgram program, bool hasGroups, int? prepared)
    {
        private readonly HashSet<(Place, Access)> _known = [];

        public void Read()
        {
            foreach (var input in program.Inputs.Where(static input => input.Access is Access.Full or Access.Lane))
                Pointer(input.Place, input.Access);
            foreach (var place in program.Stages.SelectMany(static stage => stage.Addressed))
                Pointer(place, Access.Full);
            foreach (var stage in program.Stages)
                Read(stage);
        }

        private void Read(RowStage stage)
        {
            switch (stage)
            {
                case RowStage.Scalars scalars:
                    foreach (var let in scalars.Lets)
                        Value(let.Value);
                    foreach (var write in scalars.Writes)
                    {
                        fields.AddRow(write.Place);
                        Value(write.Value);
                    }

                    break;
                case RowStage.Elements elements:
                    foreach (var value in elements.Values)
                        Value(value);
                    break;
                case RowStage.Rotate rotate:
                    fields.Add(new FieldSource.Rotary(rotate.Rotary), rotate.Rotary);
                    fields.AddPositions();
                    break;
                case RowStage.Multiply multiply:
                    foreach (var size in new[] { multiply.N, multiply.K, multiply.M })
                        fields.Add(size);
                    if (multiply.Batch != Size.One)
                    {
                        foreach (var size in new[] { multiply.Batch, multiply.LeftStride, multiply.RightStride, multiply.N * multiply.M })
                            fields.Add(size);
                    }

                    break;
                case RowStage.Move move:
                    for (var axis = 0; axis < move.Extents.Count; axis++)
                    {
                        fields.Add(move.Extents[axis]);
                        fields.Add(move.FromStrides[axis]);
                        fields.Add(move.ToStrides[axis]);
                    }

                    break;
                case RowStage.Append append:
                    fields.Add(new FieldSource.Step(), "Step");
                    if (append.Site.IsPerLayer)
                        fields.Add(new FieldSource.Layer(), "Layer");
                    break;
            }
        }

        private void Pointer(Place place, Access access)
        {
            if (!_known.Add((place, access)) || place is Place.Product)
                return;
            if (prepared is not null && place is Place.Buffer { Selected: false } buffer && buffer.Value == prepared)
                return;
            fields.AddRow(place);
            if (hasGroups && access == Access.Full && place is Place.Buffer { Stride: { } stride })
                fields.Add(stride);
        }

        private void Value(ScalarExpression expression)
        {
            switch (expression)
            {
                case var uniform when RowProgram.IsUniform(uniform):
                    fields.AddNumber(uniform);
                    break;
                case ScalarExpression.Element element:
                    Element(program.Inputs[element.Index]);
                    break;
                case ScalarExpression.Apply apply:
                    fields.AddArguments(apply, Value);
                    break;
            }
        }

        private void Element(RowInput input)
        {
            if (input.Access is Access.Full or Access.Lane)
                return;
            if (input.Place is Place.Ids ids)
            {
                if (ids.Source.Input is { } source)
                    fields.Add(new FieldSource.Ids(source), "Ids");
                else
                    fields.AddPositions();
                if (ids.Selected)
                    fields.AddOutputRows();
                if (ids.Source.Shift is { } shift)
                    fields.Add(shift);
                return;
            }

            if (hasGroups && input.Access == Access.Group && input.Place is Place.Buffer { Stride: { } stride })
                fields.Add(stride);
            fields.AddRow(input.Place);
        }
    }
}
