// The keys of a PIN pad, and the number of digits entered; never the digits.
pragma ComponentBehavior: Bound
import QtQuick
import "../components"

Column {
    id: pad
    property bool entering: false
    property int digits: 0
    signal pressed(string key)
    spacing: 6

    function label(key: string): string {
        switch (key) {
        case "cancel": return qsTr("取消")
        case "backspace": return qsTr("退格")
        case "clear": return qsTr("清除")
        case "enter": return qsTr("确认")
        }
        return key
    }

    Rectangle {
        width: parent.width
        height: 34
        radius: 8
        color: pad.entering ? Theme.blueTint : Theme.paper
        Label {
            objectName: "pad.display"
            anchors.centerIn: parent
            text: pad.digits > 0 ? "●".repeat(pad.digits)
                : pad.entering ? qsTr("请输密码") : qsTr("没有要密码")
            font.pixelSize: 14
            color: pad.entering ? Theme.blue : Theme.faint
            wrapMode: Text.NoWrap
        }
    }
    Grid {
        columns: 4
        spacing: 6
        Repeater {
            model: ["1", "2", "3", "cancel", "4", "5", "6", "backspace", "7", "8", "9", "clear",
                    "", "0", "", "enter"]
            Item {
                id: place
                required property string modelData
                width: (pad.width - 18) / 4
                height: 36
                DeskButton {
                    objectName: "pad." + place.modelData
                    visible: place.modelData.length > 0
                    anchors.fill: parent
                    text: pad.label(place.modelData)
                    onClicked: pad.pressed(place.modelData)
                }
            }
        }
    }
}
