using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Passes;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// A legalisation pass: copies the slices that an op cannot read in place. Kernels read a slice of a row, or of each head, where it lies, as a
/// strided view. Attention, loops and products need whole rows, and one pass over columns needs groups of one size.
/// It is a graph pass, but it asks what kernels can read, so it is in this folder.
/// </summary>
internal static class MaterialiseSlices
{
    public static Module Run(Module module) => module.Map(static function => new Copier(function).Run());

    private sealed class Copier
    {
        private readonly Function _function;
        private readonly Rewriter _rewriter;
        private readonly RowShapes _shapes;
        private readonly Dictionary<int, int> _copies = [];

        public Copier(Function function)
        {
            _function = function;
            _rewriter = new Rewriter(function);
            _shapes = new RowShapes(_rewriter.Builder.TypeOf, _rewriter.Builder.Producer);
        }

        public Function Run()
        {
            foreach (var node in _function.Nodes)
            {
                int[] operands = [.. node.Operands.Select(operand => _rewriter[operand])];
                Fit(node, operands);
                var results =
                    _rewriter.Builder.Add(node.Op, operands, [.. node.Results.Select(result => _function.Types[result])],
                        node.Attributes, node.Origin);
                for (var i = 0; i < results.Count; i++)
                    _rewriter[node.Results[i]] = results[i];
            }

            return _rewriter.Builder.Build([.. _function.Returns.Select(value => Whole(_rewriter[value], Origin.None))]);
        }

        private void Fit(Node node, int[] operands)
        {
            switch (node.Kind)
            {
                case OpKind.Product or OpKind.Attention or OpKind.Control or OpKind.Tap:
                    for (var i = 0; i < operands.Length; i++)
                        operands[i] = Whole(operands[i], node.Origin);
                    break;
                case OpKind.Slice when _shapes.IsRows(operands[0]) && _shapes.ViewOf(operands[0]).Through(node, _shapes.Type(operands[0])) is null:
                    operands[0] = Copy(operands[0], node.Origin);
                    break;
                case OpKind.Reduction or OpKind.Group or OpKind.Append:
                    operands[0] = Grouped(operands[0], node.Origin);
                    break;
                case OpKind.Arrange or OpKind.MatrixProduct:
                    FitArranged(node, operands);
                    break;
                case OpKind.Elementwise when _function.Types[node.Result].IsRows:
                    FitElementwise(node, operands);
                    break;
            }
        }

        private void FitElementwise(Node node, int[] operands)
        {
            var type = _function.Types[node.Result];
            var domain = type.Last == Size.One && type.Rank > 2 ? new Domain(type.Width, Size.One) : _shapes.DomainOf(type, operands);
            for (var i = 0; i < operands.Length; i++)
            {
                if (domain.AccessOf(_shapes.Type(operands[i])) is not { } access)
                {
                    // It repeats in a way that one pass over columns does not support.
                    operands[i] = Expand(operands[i], type, node.Origin);
                    continue;
                }

                // An operand with strided groups is read in place if its groups are those of the pass, or one number per group.
                if (!_shapes.IsRows(operands[i]) || _shapes.ViewOf(operands[i]).Group is not { } group)
                    continue;
                if (!(access == Access.Full && group == domain.Group) && !(access == Access.Group && group == Size.One))
                    operands[i] = Copy(operands[i], node.Origin);
            }
        }

        private void FitArranged(Node node, int[] operands)
        {
            for (var i = 0; i < operands.Length; i++)
            {
                // A move has one stride for strided groups; a matrix operand must be contiguous.
                operands[i] = node.Kind == OpKind.MatrixProduct && _shapes.IsRows(operands[i]) && _shapes.ViewOf(operands[i]).Stride is not null
                    ? Copy(operands[i], node.Origin)
                    : Grouped(operands[i], node.Origin);
            }
        }

        private int Expand(int value, TensorType type, Origin origin) =>
            _rewriter.Builder.Add("expand", [Grouped(value, origin)], type,
                [new("trailing", new ShapeValue(type.RowShape.ToEquatableArray()))], origin);

        /// <summary>The value in memory; strided groups are those of its last axis.</summary>
        private int Grouped(int value, Origin origin)
        {
            if (!_shapes.IsRows(value))
                return value;
            return (_shapes.ViewOf(value).Group is { } group && group != _shapes.Type(value).Last) || !_shapes.IsInMemory(value)
                ? Copy(value, origin)
                : value;
        }

        private int Whole(int value, Origin origin) =>
            _shapes.IsRows(value) && _shapes.Type(value).DType == DType.F32 && !_shapes.IsBuffer(value) ? Copy(value, origin) : value;

        private int Copy(int value, Origin origin) =>
            _copies.TryGetValue(value, out var copy) ? copy : _copies[value] = _rewriter.Builder.Add("copy", [value], origin: origin);
    }
}
