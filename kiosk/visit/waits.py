"""What is done while the citizen waits, and how long that usually takes, in the citizen's words.

The seconds are estimates, rounded up: one or two for a question to a centre over a mobile line, and
what its own work takes beside, comparing photographs or sealing a paper. How long a centre really
takes stands in the log of a terminal in service: ``centre-asked`` has each endpoint and its ``ms``.
Where a median there is longer than a sentence here says, the sentence and its translation change.
"""

from __future__ import annotations

from kiosk.words import _

ASKING = _("正在询问中心，一般 2 秒")
PROVING = _("中心正在核对身份，一般 2 秒")
SENDING = _("正在重新发送验证码，一般 2 秒")
COMPARING = _("中心正在核对照片，一般 4 秒")
MAKING = _("中心正在开具证明，一般 3 秒")
TO_PRINTER = _("正在准备打印机，一般 3 秒")
RETURNING = _("正在返回，一般 1 秒")
LEAVING = _("正在退出，一般 1 秒")
WORKING = _("请稍候")
"""A technician's: the page says already what is done."""
