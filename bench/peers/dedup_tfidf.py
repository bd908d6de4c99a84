"""TF-IDF of three to five characters with sparse_dot_topn. `dedup_tfidf.py RECORDS PAIRS.csv DAYS`, 0 for no window."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pairs
from sklearn.feature_extraction.text import TfidfVectorizer
from sparse_dot_topn import sp_matmul_topn

MOST, LEAST = 30, 0.3
"""Neighbours of a record, itself among them, and the cosine below which no pair is told."""


def found(days: float) -> Iterator[tuple[str, str, float]]:
    """Pairs at most so many days apart."""
    records = pairs.records()
    at = [pairs.day(record) for record in records]
    made = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2)
    texts = made.fit_transform([pairs.plain(record["text"]) for record in records])
    near = sp_matmul_topn(texts, texts.T.tocsr(), top_n=MOST, threshold=LEAST, n_threads=1).tocoo()
    for a, b, cosine in zip(near.row, near.col, near.data, strict=True):
        if a != b and (not days or abs(at[a] - at[b]) <= days):
            yield records[a]["id"], records[b]["id"], cosine


if __name__ == "__main__":
    pairs.write(found(float(sys.argv[3])))
