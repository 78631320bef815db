"""Answers as large as an engine may give them, as text: made once, sent often."""

import json

from fakes.api import new_id


def _labels(count):
    return {f"label-{i}": "" for i in range(count)}


def images(count, labels=0, of=""):
    return json.dumps([
        {"Id": "sha256:" + new_id(f"large image {of} {i}"), "ParentId": "", "RepoTags": [f"large{of}-{i}:latest"],
         "RepoDigests": [], "Created": 1, "Size": 1, "Labels": _labels(labels)}
        for i in range(count)]).encode()


def networks(count, labels=0, of=""):
    return json.dumps([
        {"Name": f"large{of}-{i}", "Id": new_id(f"large network {of} {i}"), "Driver": "bridge", "Scope": "local",
         "Labels": _labels(labels)}
        for i in range(count)]).encode()


def volumes(count, labels=0, of=""):
    return json.dumps({"Volumes": [
        {"Name": f"large{of}-{i}", "Driver": "local", "Scope": "local", "Labels": _labels(labels)}
        for i in range(count)], "Warnings": None}).encode()


def disk_usage(keys):
    """As of an engine that knows more kinds of things than there are."""
    return json.dumps({"LayersSize": 1, **{f"Key{i}": i for i in range(keys)}}).encode()
