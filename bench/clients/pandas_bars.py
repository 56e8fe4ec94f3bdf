"""The transformer's job in pandas: raw parts in, deduplicated trades and 1-second bars out.

Usage: pandas_bars.py PART... ; writes nothing but a count, so that no file format is measured.
"""

import json
import sys

import pandas as pd


def read_parts(paths):
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
                        (data["t"], data["p"], data["q"], data["T"], data["E"], entry["recv"], data["m"])
                    )
                else:
                    quotes.append(
                        (entry["recv"], data["u"], data["b"], data["B"], data["a"], data["A"])
                    )
    return (
        pd.DataFrame(trades, columns=["id", "price", "quantity", "time", "event", "recv", "maker"]),
        pd.DataFrame(quotes, columns=["recv", "update", "bid", "bid_qty", "ask", "ask_qty"]),
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


print(len(make_bars(*read_parts(sys.argv[1:]))))
