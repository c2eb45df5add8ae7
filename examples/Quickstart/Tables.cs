using Spectre.Console;

namespace Quickstart;

/// <summary>The tables of the live display.</summary>
internal static class Tables
{
    public static Table Of(IReadOnlyList<Answer> answers)
    {
        // Two columns on a wide terminal, so that all rows are visible.
        var columns = AnsiConsole.Profile.Width >= 116 ? 2 : 1;
        var rows = (answers.Count + columns - 1) / columns;
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey)
            .Title($"[bold]{answers.Count} questions about one register[/]")
            .Caption($"{answers.Count(answer => answer.IsComplete)} answered, "
                + $"{answers.Count(answer => answer is { IsComplete: true, IsRight: true })} right");
        for (var column = 0; column < columns; column++)
        {
            table.AddColumns(
                new TableColumn("Question").Width(33).NoWrap(), new TableColumn("Answer").Width(15).NoWrap(), new TableColumn("").Width(1));
        }

        for (var row = 0; row < rows; row++)
            table.AddRow([.. Enumerable.Range(0, columns).SelectMany(column => Cells(answers[row + (column * rows)]))]);
        return table;
    }

    public static Table Of(Comparison comparison)
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey).Title("[bold]What sharing saves[/]")
            .Caption(Comparison.Legend).AddColumn("");
        foreach (var trial in comparison.Trials)
            table.AddColumn(new TableColumn(trial.Name).Width(10).RightAligned());
        foreach (var figure in Figure.All)
            table.AddRow([figure.Name, .. comparison.Trials.Select(figure.Text)]);
        return table;
    }

    private static IEnumerable<string> Cells(Answer answer) =>
    [
        Markup.Escape(answer.Question.Text),
        answer.IsComplete ? Markup.Escape(answer.Text) : $"[grey]{Markup.Escape(answer.Text)}[/]",
        (answer.IsComplete, answer.IsRight) switch { (false, _) => "", (_, true) => "[green]✓[/]", _ => "[red]✗[/]" },
    ];
}
