// Six boxes and a keypad. The sixth digit does not send: the citizen does.
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    property string code: ""
    property int wait: 0
    readonly property int length: view.length || 6
    onViewChanged: { code = ""; wait = view.resendAfter || 0 }

    function push(digit) { if (code.length < length) code += digit }

    focus: true
    Keys.onPressed: event => {
        if (event.text >= "0" && event.text <= "9" && event.text.length === 1) push(event.text)
        else if (event.key === Qt.Key_Backspace) code = code.slice(0, -1)
        else return
        event.accepted = true
    }

    Timer {
        interval: 1000
        repeat: true
        running: page.wait > 0
        onTriggered: page.wait -= 1
    }

    aside: Column {
        width: parent.width
        spacing: 24
        Item { width: 1; height: 8 }
        Row {
            id: boxes
            spacing: 20
            readonly property int box: Math.min(132, (parent.width - 5 * spacing) / 6)
            Accessible.role: Accessible.StaticText
            Accessible.name: qsTr("已输入 %1 位").arg(page.code.length)
            Repeater {
                model: page.length
                Rectangle {
                    required property int index
                    width: boxes.box
                    height: 132
                    radius: 20
                    color: Theme.card
                    border.width: index === page.code.length ? 5 : 3
                    border.color: index === page.code.length ? Theme.blue : Theme.edge
                    Label {
                        anchors.centerIn: parent
                        text: page.code.charAt(parent.index)
                        font.pixelSize: 64
                        font.bold: true
                        Accessible.ignored: true
                    }
                }
            }
        }
        Label {
            width: parent.width
            visible: text.length > 0
            text: page.view.wrong || ""
            color: Theme.red
            font.bold: true
            Accessible.role: Accessible.AlertMessage
        }
        PushButton {
            objectName: "resend"
            width: Math.max(implicitWidth, 420)
            height: 112
            available: page.wait === 0
            text: page.wait === 0 ? page.view.resend || ""
                                  : (page.view.resendIn || "").arg(page.wait)
            size: Theme.px(32)
            iconName: "again"
            onClicked: Bridge.answer("resend")
        }
        Label {
            width: parent.width
            text: page.view.help || ""
            font.pixelSize: Theme.small
            color: Theme.soft
        }
    }
    Keypad {
        width: parent.width
        height: Math.min(parent.height, 4 * 176 + 72)
        y: parent.height - height
        onDigit: value => page.push(value)
        onErase: page.code = page.code.slice(0, -1)
    }
    foot: PushButton {
        objectName: "confirm"
        anchors.right: parent.right
        width: parent.width
        primary: true
        available: page.code.length === page.length
        text: page.view.confirm || ""
        onClicked: Bridge.answer(page.code)
    }
}
