"""Stands in for the part of connexion that Toil's WES server uses.

Debian packages Toil and Flask but no connexion. Toil hands it an OpenAPI
document and a resolver; all it needs back is a Flask application in which every
operation of that document leads to the function that the resolver knows.
"""

import os
import sys

import flask
import yaml

request = flask.request


class Resolver:
    """Finds the function of an operation."""

    def __init__(self, function_resolver):
        self.find = function_resolver


class FlaskApp:
    """A Flask application with the routes of OpenAPI documents."""

    def __init__(self, name, specification_dir="", options=None):
        module = sys.modules[name].__file__
        self.specifications = os.path.join(os.path.dirname(module), specification_dir)
        self.app = flask.Flask(name)

    def add_api(self, specification, resolver):
        """Adds a route for every operation of a document (OpenAPI 2)."""
        with open(os.path.join(self.specifications, specification)) as document:
            api = yaml.safe_load(document)
        for path, operations in api["paths"].items():
            route = api.get("basePath", "") + path.replace("{", "<").replace("}", ">")
            for method, operation in operations.items():
                self.app.add_url_rule(
                    route,
                    endpoint=operation["operationId"],
                    view_func=_view(resolver.find(operation["operationId"]), operation.get("parameters", [])),
                    methods=[method.upper()],
                )

    def run(self, **options):
        self.app.run(**options)


def _view(function, parameters):
    """Calls an operation with its path's parts and the parameters of its query."""
    known = {p["name"]: int if p.get("type") == "integer" else str for p in parameters if p["in"] == "query"}

    def view(**parts):
        given = {name: kind(flask.request.args[name]) for name, kind in known.items() if name in flask.request.args}
        answer = function(**parts, **given)
        body, status = answer if isinstance(answer, tuple) else (answer, 200)
        if isinstance(body, dict):
            body = flask.jsonify(body)
        return body, status

    return view
