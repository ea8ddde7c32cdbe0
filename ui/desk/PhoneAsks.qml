// What a terminal asks the citizen's phone, the two digits of its screen, and the answer.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk.Desk
import "../components"

Item {
    id: asks
    required property Desk desk
    property bool brief: false        // the digits and 同意 alone
    readonly property bool narrow: width < 320
    implicitWidth: answer.width
    implicitHeight: answer.y + answer.height

    Label {
        id: words
        objectName: "phone.asks"
        visible: !asks.brief
        width: parent.width
        height: asks.narrow ? 48 : 24
        text: asks.desk.centre.asks
        font.pixelSize: 14
        font.bold: true
        color: Theme.blue
        wrapMode: Text.Wrap
        maximumLineCount: 2
        elide: Text.ElideRight
        Accessible.role: Accessible.AlertMessage
    }
    Row {
        id: answer
        y: asks.brief ? 0 : words.height + 6
        spacing: 8
        CodeField {
            id: digits
            objectName: "phone.digits"
            width: 56
            implicitHeight: asks.brief ? 32 : 42
            text: ""
            maximumLength: 2
            inputMethodHints: Qt.ImhDigitsOnly
            Accessible.name: qsTr("终端屏幕上的两位数字")
            onAccepted: if (agree.enabled) agree.clicked()
        }
        DeskButton {
            id: agree
            objectName: "phone.agree"
            quiet: asks.brief
            primary: !asks.brief
            enabled: digits.text.length === 2
            iconName: asks.narrow ? "" : "check"
            text: qsTr("同意")
            onClicked: {
                asks.desk.agree(digits.text)
                digits.clear()
            }
        }
        DeskButton {
            objectName: "phone.decline"
            visible: !asks.brief
            text: qsTr("拒绝")
            onClicked: asks.desk.decline()
        }
    }
}
