"""The transformer's job in pandas: raw parts in, deduplicated trades and 1-second bars out.

Usage: pandas_bars.py idiomatic|by-hand OUT_DIR PART...

idiomatic reads with pandas (read_json, json_normalize), by-hand parses each line with the json module,
which is what one comes to after profiling. Results are pickled: Debian's pandas has no Parquet writer.
"""

import json
import os
import sys

import pandas as pd

TRADE_COLUMNS = {"t": "id", "p": "price", "q": "quantity", "T": "time", "E": "event", "m": "maker"}
QUOTE_COLUMNS = {"u": "update", "b": "bid", "B": "bid_qty", "a": "ask", "A": "ask_qty"}


def read_idiomatic(paths):
    trades, quotes = [], []
    for path in paths:
        lines = pd.read_json(path, lines=True, convert_dates=False)
        lines = lines[lines["msg"].notna()].reset_index(drop=True)
        frames = pd.json_normalize(lines["msg"])
        frames.columns = frames.columns.str.removeprefix("data.")
        frames["recv"] = lines["recv"]
        is_trade = frames["stream"].str.endswith("@trade")
        trades.append(frames[is_trade][[*TRADE_COLUMNS, "recv"]].rename(columns=TRADE_COLUMNS))
        quotes.append(frames[~is_trade][[*QUOTE_COLUMNS, "recv"]].rename(columns=QUOTE_COLUMNS))
    trades = pd.concat(trades, ignore_index=True)
    trades["maker"] = trades["maker"].astype(bool)
    for column in ["id", "time", "event"]:
        trades[column] = trades[column].astype("int64")
    return trades, pd.concat(quotes, ignore_index=True)


def read_by_hand(paths):
    trades, quotes = [], []
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                entry = json.loads(line)
                message = entry.get("msg")
                if message is None:
                    continue
                data = message["data"]
                if message["stream"].endswith("@trade"):
                    trades.append(
                        (data["t"], data["p"], data["q"], data["T"], data["E"], data["m"], entry["recv"])
                    )
                else:
                    quotes.append(
                        (data["u"], data["b"], data["B"], data["a"], data["A"], entry["recv"])
                    )
    return (
        pd.DataFrame(trades, columns=[*TRADE_COLUMNS.values(), "recv"]),
        pd.DataFrame(quotes, columns=[*QUOTE_COLUMNS.values(), "recv"]),
    )


def make_bars(trades, quotes):
    trades = trades.drop_duplicates("id").sort_values("id")
    trades[["price", "quantity"]] = trades[["price", "quantity"]].astype(float)
    trades["second"] = trades["time"] // 1_000_000
    trades["value"] = trades["price"] * trades["quantity"]
    trades["taker_base"] = trades["quantity"].where(~trades["maker"], 0.0)
    trades["taker_value"] = trades["value"].where(~trades["maker"], 0.0)
    trades["latency"] = trades["recv"] - trades["event"]
    by_second = trades.groupby("second")
    bars = by_second.agg(
        open=("price", "first"),
        high=("price", "max"),
        low=("price", "min"),
        close=("price", "last"),
        volume_base=("quantity", "sum"),
        volume_quote=("value", "sum"),
        taker_buy_base=("taker_base", "sum"),
        taker_buy_quote=("taker_value", "sum"),
        trade_count=("id", "count"),
        first_trade_id=("id", "first"),
        last_trade_id=("id", "last"),
        latency_p50=("latency", "median"),
        latency_max=("latency", "max"),
    )
    for column in ["bid", "bid_qty", "ask", "ask_qty"]:
        quotes[column] = quotes[column].astype(float)
    quotes["second"] = quotes["recv"] // 1_000_000
    quotes = quotes.drop_duplicates(["second", "update"]).sort_values(["recv", "update"])
    quotes["spread"] = quotes["ask"] - quotes["bid"]
    best = quotes.groupby("second").agg(
        bid=("bid", "last"),
        bid_qty=("bid_qty", "last"),
        ask=("ask", "last"),
        ask_qty=("ask_qty", "last"),
        spread=("spread", "last"),
        quote_count=("update", "count"),
        spread_mean=("spread", "mean"),
    )
    seconds = range(bars.index.min(), bars.index.max() + 1)
    bars = bars.reindex(seconds)
    bars["close"] = bars["close"].ffill()
    for column in ["open", "high", "low"]:
        bars[column] = bars[column].fillna(bars["close"])
    return bars.join(best.reindex(seconds)[["quote_count", "spread_mean"]]).join(
        best[["bid", "bid_qty", "ask", "ask_qty", "spread"]].reindex(seconds).ffill()
    )


reader = {"idiomatic": read_idiomatic, "by-hand": read_by_hand}[sys.argv[1]]
trades, quotes = reader(sys.argv[3:])
make_bars(trades, quotes).to_pickle(os.path.join(sys.argv[2], "bars.pickle"))
trades.drop_duplicates("id").to_pickle(os.path.join(sys.argv[2], "trades.pickle"))
