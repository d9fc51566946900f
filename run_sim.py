"""The command line's entry: `python run_sim.py` and the console script `llm-day-cost` are the same program."""

from reports.commands.app import main

if __name__ == "__main__":
    main()
