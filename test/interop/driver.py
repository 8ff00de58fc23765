"""wechatpy at the tests' service: one JSON request a line on stdin, one JSON answer a line on stdout.

Nothing of the SDK is replaced: requests that it sends to the vendor's address arrive at the simulator.
"""

import base64
import io
import json
import sys
import types

import requests
from requests.adapters import HTTPAdapter
from wechatpy.client import WeChatClient as MiniProgramClient
from wechatpy.crypto import WeChatCrypto as MiniProgramCrypto
from wechatpy.exceptions import WeChatException
from wechatpy.work import WeChatClient, parse_message
from wechatpy.work.crypto import WeChatCrypto
from wechatpy.work.replies import TextReply

ready = json.loads(sys.argv[1])
bases = {
    "https://qyapi.weixin.qq.com": ready["wecomBase"],
    "https://api.weixin.qq.com": ready["wechatBase"],
}
send = HTTPAdapter.send


def redirected(adapter, request, **options):
    for vendor, base in bases.items():
        if request.url.startswith(vendor):
            request.url = base + request.url[len(vendor) :]
    return send(adapter, request, **options)


HTTPAdapter.send = redirected
program = ready["miniProgram"]
clients = {
    "work": WeChatClient(ready["corpId"], ready["agentSecret"]),
    "wrong": WeChatClient(ready["corpId"], "not-the-secret-of-this-app"),
    "mini": MiniProgramClient(program["appId"], program["secret"]),
}
crypto = WeChatCrypto(ready["callbackToken"], ready["callbackAesKey"], ready["corpId"])
mini_crypto = MiniProgramCrypto(program["token"], program["aesKey"], program["appId"])


def argument(value):
    """A file travels as its name, bytes and type."""
    if isinstance(value, dict) and "base64" in value:
        return (value["name"], io.BytesIO(base64.b64decode(value["base64"])), value["type"])
    return value


def plain(value):
    if isinstance(value, requests.Response):
        headers = {name.lower(): text for name, text in value.headers.items()}
        return {"base64": base64.b64encode(value.content).decode(), "headers": headers}
    if isinstance(value, types.GeneratorType):
        return list(value)
    return value


def call(request):
    target = clients[request["client"]]
    for name in request["path"].split("."):
        target = getattr(target, name)
    if not callable(target):
        return target
    return plain(target(*map(argument, request["args"]), **request["named"]))


def open_callback(request):
    of = request["query"]
    keys = mini_crypto if request.get("mini") else crypto
    xml = keys.decrypt_message(request["body"], of["msg_signature"], of["timestamp"], of["nonce"])
    if request.get("mini"):
        return xml
    message = parse_message(xml)
    return {"class": type(message).__name__, "source": message.source, "data": message._data}


def echo(request):
    of = request["query"]
    return crypto.check_signature(of["msg_signature"], of["timestamp"], of["nonce"], of["echostr"])


def reply(request):
    answer = TextReply(source=ready["corpId"], target=request["to"], content=request["content"])
    return crypto.encrypt_message(answer.render(), request["nonce"], request["timestamp"])


VERBS = {"call": call, "open": open_callback, "echo": echo, "reply": reply}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"value": VERBS[request["do"]](request)}
    except WeChatException as error:
        answer = {"error": type(error).__name__, "errcode": error.errcode, "errmsg": str(error.errmsg)}
    except Exception as error:  # an answer that the SDK can't work with
        answer = {"error": type(error).__name__, "errcode": None, "errmsg": str(error)}
    print(json.dumps(answer, ensure_ascii=False, default=str), flush=True)
