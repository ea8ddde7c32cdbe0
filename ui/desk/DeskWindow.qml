// The window that plays people, phone, paper and hardware beside the terminal's window.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Window
import Kiosk.Desk
import "../components"

Window {
    id: window
    required property Desk desk
    title: qsTr("操作台")
    color: Theme.paper
    minimumWidth: 600
    minimumHeight: 560

    readonly property int gap: 14
    readonly property bool wide: width >= 1000
    readonly property int top: 76
    readonly property int room: height - top - gap
    // Three columns, or two: people and paper share the first.
    readonly property int first: wide ? Math.min(390, width * 0.31) : Math.floor((width - 3 * gap) * 0.47)
    readonly property int second: wide ? Math.min(390, width * 0.3) : first
    readonly property int paperX: wide ? 2 * gap + first : gap

    Item {
        width: parent.width
        height: window.top
        Image {
            id: brand
            x: window.gap + 2
            anchors.verticalCenter: parent.verticalCenter
            width: 40
            height: 40
            sourceSize: Qt.size(40, 40)
            source: "image://icon/brand"
            Accessible.ignored: true
        }
        Column {
            anchors { left: brand.right; leftMargin: 12; verticalCenter: parent.verticalCenter }
            width: buttons.x - x - 12
            Label {
                text: qsTr("操作台")
                font.pixelSize: 20
                font.bold: true
                wrapMode: Text.NoWrap
                Accessible.role: Accessible.Heading
            }
            Label {
                width: parent.width
                text: qsTr("代替终端旁的人、手机和硬件；只用于演示和培训")
                font.pixelSize: 13
                color: Theme.soft
                wrapMode: Text.NoWrap
                elide: Text.ElideRight
            }
        }
        Row {
            id: buttons
            anchors { right: parent.right; rightMargin: window.gap; verticalCenter: parent.verticalCenter }
            spacing: 10
            DeskButton {
                objectName: "all well"
                iconName: "check"
                text: qsTr("全部恢复正常")
                onClicked: window.desk.allWell()
            }
            DeskButton {
                objectName: "language"
                iconName: "globe"
                text: window.desk.otherLanguage
                onClicked: window.desk.toggleLanguage()
            }
        }
    }

    CardInHand {
        id: inHand
        hand: window.desk.hand
        x: window.gap
        y: window.top
        width: window.first
        dense: !window.wide
    }
    People {
        id: people
        hand: window.desk.hand
        x: window.gap
        y: inHand.y + inHand.implicitHeight + window.gap
        width: window.first
        height: window.wide ? window.height - y - window.gap
                            : (window.height - y - phone.height - 3 * window.gap) * 0.48
    }
    Phone {
        id: phone
        desk: window.desk
        x: window.paperX
        y: window.wide ? window.top : people.y + people.height + window.gap
        width: window.second
        height: window.wide ? 300 : window.height < 900 ? 52 : 172
    }
    Panel {
        id: papers
        x: window.paperX
        y: phone.y + phone.height + window.gap
        width: window.second
        height: window.height - y - window.gap
        title: qsTr("出来的纸")
        icon: "printer"
        Slot {
            id: slips
            objectName: "slips"
            readonly property bool beside: !window.wide
            width: beside ? (parent.width - 12) / 2 : parent.width
            height: beside ? parent.height : (parent.height - 12) / 2
            tray: window.desk.slips
            title: qsTr("凭条")
            takeText: qsTr("撕下")
            thumbWidth: 130
            onLooked: name => large.show(name)
        }
        Slot {
            objectName: "sheets"
            x: slips.beside ? slips.width + 12 : 0
            y: slips.beside ? 0 : slips.height + 12
            width: slips.width
            height: slips.height
            tray: window.desk.sheets
            title: qsTr("A4 纸")
            takeText: qsTr("取走")
            thumbWidth: 150
            onLooked: name => large.show(name)
        }
    }
    Devices {
        desk: window.desk
        x: papers.x + papers.width + window.gap
        y: window.top
        width: window.width - x - window.gap
        height: window.room
        dense: !window.wide
    }

    Rectangle {
        id: trouble
        visible: window.desk.trouble.length > 0
        z: 1
        anchors { horizontalCenter: parent.horizontalCenter; bottom: parent.bottom; bottomMargin: 24 }
        width: Math.min(parent.width - 80, troubleText.implicitWidth + 48)
        height: troubleText.height + 24
        radius: 10
        color: Theme.redTint
        border.color: Theme.red
        Label {
            id: troubleText
            objectName: "trouble"
            anchors.centerIn: parent
            width: parent.width - 48
            text: window.desk.trouble
            font.pixelSize: 14
            color: Theme.red
            Accessible.role: Accessible.AlertMessage
        }
    }
    LargePaper {
        id: large
        z: 2
        anchors.fill: parent
    }
}
