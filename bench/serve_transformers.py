"""`transformers serve`, as its own command starts it; see processor.py for why."""

from transformers.cli.transformers import app

from bench.processor import let_transformers_open_it

if __name__ == "__main__":
    let_transformers_open_it()
    app()
