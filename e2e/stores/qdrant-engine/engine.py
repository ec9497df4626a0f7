"""Qdrant's own engine, a library, behind standard input and output: one JSON document a line in, one out.

{"points": [payload, ...], "indexes": {key: type}} makes a collection anew; ids are the places from 0 on.
{"filter": {...}} is answered with the ids that a filter of the REST API lets through, ascending.
"""
import json
import sys
import tempfile

import qdrant_edge as q

schema = q.PayloadSchemaType
index_types = {
    "keyword": schema.Keyword,
    "integer": schema.Integer,
    "float": schema.Float,
    "bool": schema.Keyword,
    "datetime": schema.Datetime,
}


def marked(value):
    """The binding takes a boolean of a filter for an integer, so that filters and payloads say booleans as texts."""
    if isinstance(value, bool):
        return f"boolean {value}"
    if isinstance(value, list):
        return [marked(each) for each in value]
    if isinstance(value, dict):
        return {key: marked(each) for key, each in value.items()}
    return value


def match_of(match):
    if "value" in match:
        return q.MatchValue(marked(match["value"]))
    return q.MatchAny(match["any"])


def range_of(bounds):
    kind = q.RangeDateTime if any(isinstance(bound, str) for bound in bounds.values()) else q.RangeFloat
    return kind(**{name: bound if isinstance(bound, str) else float(bound) for name, bound in bounds.items()})


def condition_of(condition):
    if "key" in condition:
        match = match_of(condition["match"]) if "match" in condition else None
        range_ = range_of(condition["range"]) if "range" in condition else None
        return q.FieldCondition(condition["key"], match=match, range=range_)
    if "is_empty" in condition:
        return q.IsEmptyCondition(condition["is_empty"]["key"])
    if "has_id" in condition:
        return q.HasIdCondition(set(condition["has_id"]))
    return filter_of(condition)


def filter_of(document):
    clauses = {name: [condition_of(each) for each in conditions] for name, conditions in document.items()}
    return q.Filter(**clauses)


def load(document, folder):
    config = q.EdgeConfig(vectors=q.EdgeVectorParams(size=1, distance=q.Distance.Dot))
    shard = q.EdgeShard.create(folder, config)
    points = [q.Point(place, [1.0], marked(payload)) for place, payload in enumerate(document["points"])]
    shard.update(q.UpdateOperation.upsert_points(points))
    for key, kind in document["indexes"].items():
        shard.update(q.UpdateOperation.create_field_index(key, index_types[kind]))
    return shard


def ids_of(shard, document):
    request = q.ScrollRequest(limit=1_000_000, filter=filter_of(document), with_payload=False)
    return [record.id for record in shard.scroll(request)[0]]


def main():
    shard = None
    for line in sys.stdin:
        document = json.loads(line)
        if "points" in document:
            folder = tempfile.mkdtemp(prefix="shard-", dir=sys.argv[1])
            shard = load(document, folder)
            answer = {"loaded": len(document["points"])}
        else:
            answer = {"ids": ids_of(shard, document["filter"])}
        print(json.dumps(answer), flush=True)


main()
